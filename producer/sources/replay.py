"""The replay source: a recording at the pace it had, faster, or as fast as it can be read."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from shared.market.records import Record, TimeMark

SLICE_SECONDS = 0.1


def paced(
    records: Iterable[Record], speed: float, clock: Callable[[], float], wait: Callable[[float], bool]
) -> Iterator[Record]:
    """The records as time goes: `speed` recorded seconds a second; infinite is as fast as they can be read.

    `clock` gives seconds that never go back. `wait` waits so many seconds, at most a tenth; True from it says
    that there is no more need, and the sequence ends.
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
    """The records, with an end that is not ahead of the clock: a recording of today ends before its day does.

    A mark of a time to come would be refused as from the future; this way what is over by now closes.
    """
    for record in records:
        if type(record) is TimeMark and record.end and record.time > (time := now()):
            yield replace(record, time=time, received_time=time)
        else:
            yield record


def _stopped_before(due: float, clock: Callable[[], float], wait: Callable[[float], bool]) -> bool:
    """Wait until `due`; True where the wait was broken off."""
    while (left := due - clock()) > 0:
        if wait(min(left, SLICE_SECONDS)):
            return True
    return False
