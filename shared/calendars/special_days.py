"""Days without a session in an exchange's calendar that may be traded nevertheless. Pure.

Mumbai opens on some Saturdays: for the budget, for a test of its second site, for an hour at Diwali. Such sessions are
announced late, so no calendar contains all of them. If a source provides a finished daily bar for such a day, the day
was traded, and its bar covers the whole local day.
"""

from functools import lru_cache

from shared.calendars.calendars import SessionCalendar
from shared.calendars.local_days import LocalDay, local_day


@lru_cache(maxsize=4096)
def special_day(second: int, calendar: SessionCalendar) -> LocalDay | None:
    """The local day that contains `second` if no session of the calendar overlaps it, else None."""
    day = local_day(second, calendar.zone)
    session = calendar.at(day.start)
    return None if session.day_start < day.end and session.day_end > day.start else day


def shows_trading(high: float, low: float, volume: float | None) -> bool:
    """Whether a finished day was traded. Sources fill holidays with the previous close: one price and no volume."""
    return high > low or bool(volume)
