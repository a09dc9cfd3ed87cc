"""The place of each record in the producer's own sequence."""

import time
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from shared.market.records import CorporateAction, Quote, Record, RecordedBar, TimeMark

MICROSECONDS = 1_000_000


class Positions:
    """Positions that rise for ever, also from one run to the next: microseconds of the clock, or one more."""

    def __init__(self) -> None:
        self._last = 0

    def give(self, records: Iterable[Record], correction: float) -> Iterator[Record]:
        """The records with their positions; `correction` is by how many seconds received times are put forward now."""
        for record in records:
            assert isinstance(record, Quote | RecordedBar | CorporateAction | TimeMark)
            self._last = max(self._last + 1, int(time.time() * MICROSECONDS))
            yield replace(record, position=self._last, correction=correction)
