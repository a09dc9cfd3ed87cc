"""Local days, from one midnight to the next. Pure."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
"""Days of the week as numbered by `date.weekday`."""


class LocalDay(NamedTuple):
    """A day of 23 to 25 hours in a time zone, from midnight to midnight, in epoch seconds UTC."""

    start: int
    end: int


def local_day(second: int, zone: ZoneInfo) -> LocalDay:
    """The day in `zone` that contains `second`, in epoch seconds."""
    return bounds_of(datetime.fromtimestamp(second, zone).date(), zone)


def bounds_of(day: date, zone: ZoneInfo) -> LocalDay:
    """The start and end of a date in `zone`."""
    start, end = (datetime.combine(day + timedelta(days=days), time(), zone) for days in (0, 1))
    return LocalDay(int(start.timestamp()), int(end.timestamp()))
