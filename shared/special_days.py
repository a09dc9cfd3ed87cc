"""Days of which an exchange's calendar knows no session, though some are traded all the same. Pure.

Mumbai opens on some Saturdays: for the budget, for a test of its second site, for an hour of Diwali. Such sessions are
announced late, so that no calendar has all of them. A finished day that a source gives there is real: its bar is that
of the whole local day.
"""

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from shared.calendars import SessionCalendar


class LocalDay(NamedTuple):
    """From one midnight to the next one in the zone of an exchange, epoch seconds UTC."""

    start: int
    end: int


@lru_cache(maxsize=4096)
def special_day(second: int, calendar: SessionCalendar) -> LocalDay | None:
    """The local day that holds `second`, where no session of the calendar reaches into it; else None."""
    date = datetime.fromtimestamp(second, calendar.zone).date()
    start, end = (
        int(datetime.combine(date + timedelta(days=days), time(), calendar.zone).timestamp())
        for days in (0, 1)
    )
    session = calendar.at(start)
    return None if session.day_start < end and session.day_end > start else LocalDay(start, end)


def shows_trading(high: float, low: float, volume: float | None) -> bool:
    """Whether a finished day was traded. Sources fill holidays with the close before: one price, and no volume."""
    return high > low or bool(volume)
