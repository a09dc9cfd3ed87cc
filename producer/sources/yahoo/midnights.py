"""Days that Yahoo tells with a time an hour or two before their midnight, where the clocks of a zone were changed."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.calendars.local_days import local_day

HOURS_BEFORE = (22, 23)
"""Full hours that no session's day is told with: it is told with its midnight or its opening."""


def days_told(times: Iterable[int], zone: ZoneInfo) -> list[int]:
    """The times that days are told with, in epoch seconds; one shortly before a midnight means that midnight."""
    return [_day_told(time, zone) for time in times]


def _day_told(time: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(time, zone)
    if local.hour not in HOURS_BEFORE or local.minute or local.second:
        return time
    return local_day(time, zone).end
