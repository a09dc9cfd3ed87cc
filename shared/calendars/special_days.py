"""Days of which an exchange's calendar knows no session, though some are traded all the same. Pure.

Mumbai opens on some Saturdays: for the budget, for a test of its second site, for an hour of Diwali. Such sessions are
announced late, so that no calendar has all of them. A finished day that a source gives there is real: its bar is that
of the whole local day.
"""

from functools import lru_cache

from shared.calendars.calendars import SessionCalendar
from shared.calendars.local_days import LocalDay, local_day


@lru_cache(maxsize=4096)
def special_day(second: int, calendar: SessionCalendar) -> LocalDay | None:
    """The local day that holds `second`, where no session of the calendar reaches into it; else None."""
    day = local_day(second, calendar.zone)
    session = calendar.at(day.start)
    return None if session.day_start < day.end and session.day_end > day.start else day


def shows_trading(high: float, low: float, volume: float | None) -> bool:
    """Whether a finished day was traded. Sources fill holidays with the close before: one price, and no volume."""
    return high > low or bool(volume)
