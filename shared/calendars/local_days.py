"""Days as clocks on the wall count them, from one midnight to the next one. Pure."""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

FRIDAY, SATURDAY, SUNDAY = 4, 5, 6
"""Days of the week, as `date.weekday` counts them."""


class LocalDay(NamedTuple):
    """From one midnight to the next one in a time zone, epoch seconds UTC: 23 to 25 hours."""

    start: int
    end: int


def local_day(second: int, zone: ZoneInfo) -> LocalDay:
    """The day in `zone` that holds `second`, epoch seconds."""
    return bounds_of(datetime.fromtimestamp(second, zone).date(), zone)


def bounds_of(day: date, zone: ZoneInfo) -> LocalDay:
    """When a date begins and ends in `zone`."""
    start, end = (datetime.combine(day + timedelta(days=days), time(), zone) for days in (0, 1))
    return LocalDay(int(start.timestamp()), int(end.timestamp()))
