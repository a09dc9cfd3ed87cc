"""Finished days of a provider's history: when each starts, and whether it is wanted. Pure."""

from datetime import datetime

from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.special_days import special_day
from shared.market.records import RecordedBar


def day_start(midnight: int, calendar: SessionCalendar) -> int:
    """When the day that begins at a local midnight starts, epoch seconds: as the exchange opens.

    One of which the calendar knows no session starts at its midnight.
    """
    return midnight if special_day(midnight, calendar) else calendar.at(midnight).day_start


def is_wanted(bar: RecordedBar, after: datetime | None) -> bool:
    """Whether a bar of history is wanted behind `after`, None for all there is.

    A day of which the calendar knows no session is wanted also where `after` lies in it: what came live of it makes no
    day.
    """
    if after is None or bar.start > after:
        return True
    if bar.interval != "1d":
        return False
    day = special_day(int(bar.start.timestamp()), calendar_of(bar.exchange))
    return day is not None and day.end > after.timestamp()
