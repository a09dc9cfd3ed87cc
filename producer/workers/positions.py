"""Assigns each record its position in the producer's sequence."""

import time
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from shared.market.records import CorporateAction, Quote, Record, RecordedBar, TimeMark

MICROSECONDS = 1_000_000


class Positions:
    """Positions that increase, also from one run to the next: the clock's microseconds, or the last one plus 1."""

    def __init__(self) -> None:
        self._last = 0

    def give(self, records: Iterable[Record], correction: float) -> Iterator[Record]:
        """The records with their positions; `correction` is the positive correction of received times, in seconds."""
        for record in records:
            assert isinstance(record, Quote | RecordedBar | CorporateAction | TimeMark)
            self._last = max(self._last + 1, int(time.time() * MICROSECONDS))
            yield replace(record, position=self._last, correction=correction)
