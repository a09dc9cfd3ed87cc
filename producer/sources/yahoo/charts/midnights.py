"""Corrects times of daily bars that are an hour or two before midnight, because a zone's clock changed."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.calendars.local_days import local_day

HOURS_BEFORE = (22, 23)
"""Hours that can't be the correct time of a daily bar, which is midnight or the opening of its session."""


def corrected_days(times: Iterable[int], zone: ZoneInfo) -> list[int]:
    """The corrected times of days, in epoch seconds; a time shortly before midnight is moved to midnight."""
    return [_corrected_day(time, zone) for time in times]


def _corrected_day(time: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(time, zone)
    if local.hour not in HOURS_BEFORE or local.minute or local.second:
        return time
    return local_day(time, zone).end
