"""A Saturday on which Mumbai opened, which no calendar lists."""

from producer.live.followed import Followed
from shared.market.records import Quote, RecordedBar
from tests.inputs.records import (
    moment,
    recorded_bar,
    second,
)

FRIDAY, SATURDAY, MONDAY = (second(f"2026-02-{day:02}T03:45") for day in (13, 14, 16))
"""09:15 in Mumbai. 14 February 2026 is a Saturday: the calendar knows no session of it."""
OPENS, ENDS = second("2026-02-13T18:30"), second("2026-02-14T18:30")
"""The midnights around that Saturday, in Mumbai."""
NOW = moment(MONDAY + 86_400)


def day(start: int, close: float, volume: float = 900.0) -> RecordedBar:
    """A finished day of Mumbai."""
    return recorded_bar(start, "1d", (close - 1, close + 1, close - 2, close), volume, "NSI")


def take(followed: Followed, given: Quote) -> None:
    """A quote of the stream."""
    followed.take("yahoo", given, given.received_time.timestamp(), False, True)
