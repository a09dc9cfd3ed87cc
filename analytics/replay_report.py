"""What a replay tells at its end: the records that entered no bar."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from analytics.engine.series import ClosedBar
from analytics.engine.split_check import SettledAction
from analytics.engine.symbol_state import SymbolState
from shared.market.records import Quote, RecordedBar

REASONS = {
    "late": "arrived after their bar had closed",
    "extreme": "have a price far from those before or from before a split, and were not confirmed by a second one",
    "ignored": "are recorded bars whose slot has data already or is outside every session",
}
"""By the counter of a symbol that the record increased."""


class ReplayReport:
    """Counts of records that entered no bar, by symbol and reason, and the first record of each."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._rejections: list[str] = []
        self._counts: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], tuple[datetime, float]] = {}

    def look(self, record: Quote | RecordedBar, state: SymbolState) -> None:
        """Note whether the last record, processed into this state, increased one of its counters."""
        counts = state.late, state.extreme, state.ignored
        before = self._seen.get(record.symbol, (0, 0, 0))
        if counts == before:
            return
        self._seen[record.symbol] = counts
        for reason, now, then in zip(REASONS, counts, before, strict=True):
            if now > then:
                self._counts[record.symbol, reason] += now - then
                self._first.setdefault((record.symbol, reason), _place(record))

    def note_rejected(self, settled: SettledAction) -> None:
        """Note a split that was rejected; splits that took effect are ignored."""
        if settled.rejection:
            self._rejections.append(
                f"{settled.action.symbol}, {settled.action.time.date()}: {settled.rejection}."
            )

    def note_set_aside(self, closed: ClosedBar) -> None:
        """Note the indicators of the user's own that were set aside at this bar."""
        bar = closed.bar
        end = datetime.fromtimestamp(bar.end, UTC).isoformat()
        for reason in closed.own.set_aside if closed.own is not None else ():
            self._rejections.append(f"{bar.symbol}, {bar.interval}, {end}: {reason}.")

    def lines(self) -> Iterator[str]:
        """A sentence for each symbol and reason, for each rejected split, and for each indicator that was set aside."""
        yield from self._rejections
        for (symbol, reason), count in sorted(self._counts.items()):
            time, price = self._first[symbol, reason]
            yield f"{symbol}: {count} set aside, which {REASONS[reason]}; the first at {time.isoformat()}, {price!r}."


def _place(record: Quote | RecordedBar) -> tuple[datetime, float]:
    return (record.event_time, record.price) if isinstance(record, Quote) else (record.start, record.close)
