"""The replay source: a recording at its original speed, faster, or as fast as it can be read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from shared.market.records import Record, TimeMark

SLICE_SECONDS = 0.1


def paced(
    records: Iterable[Record], speed: float, clock: Callable[[], float], wait: Callable[[float], bool]
) -> Iterator[Record]:
    """The records at `speed` recorded seconds per second; infinite is as fast as they can be read.

    `clock` returns monotonic seconds. `wait` waits so many seconds, at most a tenth; if it returns True, the sequence
    ends.
    """
    first_mark: datetime | None = None
    started = clock()
    for record in records:
        if type(record) is TimeMark and not record.end:
            first_mark = first_mark or record.time
            due = started + (record.time - first_mark).total_seconds() / speed
            if _stopped_before(due, clock, wait):
                return
        yield record


def ended_by_now(records: Iterable[Record], now: Callable[[], datetime]) -> Iterator[Record]:
    """The records, with the final mark not later than now: a recording of today ends before the end of the day.

    A mark in the future would be rejected; this way, bars that have ended by now are closed.
    """
    for record in records:
        if type(record) is TimeMark and record.end and record.time > (time := now()):
            yield replace(record, time=time, received_time=time)
        else:
            yield record


def _stopped_before(due: float, clock: Callable[[], float], wait: Callable[[float], bool]) -> bool:
    """Wait until `due`; returns True if the wait was interrupted."""
    while (left := due - clock()) > 0:
        if wait(min(left, SLICE_SECONDS)):
            return True
    return False
