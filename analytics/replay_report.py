"""What a replay reports at its end: the records that entered no bar."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from analytics.engine.bars import MINUTE
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
        self._unpriced: Counter[tuple[str, int]] = Counter()

    def look(self, record: Quote | RecordedBar, state: SymbolState) -> None:
        """Note whether the last record, processed into this state, increased one of its counters, or is in a minute
        that has no price yet."""
        if isinstance(record, Quote) and record.conditions is not None:
            self._look_for_price(record, state)
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

    def _look_for_price(self, quote: Quote, state: SymbolState) -> None:
        start = int(quote.event_time.timestamp()) // MINUTE * MINUTE
        bar = state.open.minute(start)
        if bar is not None and not bar.has_price:
            self._unpriced[quote.symbol, start] += 1

    def note_closed(self, closed: ClosedBar) -> None:
        """Note that a bar has closed, and the indicators of the user's own that were set aside at it."""
        bar = closed.bar
        if bar.interval == "1m":
            self._unpriced.pop((bar.symbol, bar.start), None)
        end = datetime.fromtimestamp(bar.end, UTC).isoformat()
        for reason in closed.own.set_aside if closed.own is not None else ():
            self._rejections.append(f"{bar.symbol}, {bar.interval}, {end}: {reason}.")

    def lines(self) -> Iterator[str]:
        """A sentence for each symbol and reason, for each rejected split, and for each indicator that was set aside."""
        yield from self._rejections
        yield from self._unpriced_lines()
        for (symbol, reason), count in sorted(self._counts.items()):
            time, price = self._first[symbol, reason]
            yield f"{symbol}: {count} set aside, which {REASONS[reason]}; the first at {time.isoformat()}, {price!r}."

    def _unpriced_lines(self) -> Iterator[str]:
        trades: Counter[str] = Counter()
        for (symbol, _), count in self._unpriced.items():
            trades[symbol] += count
        for symbol, count in sorted(trades.items()):
            first = datetime.fromtimestamp(
                min(start for name, start in self._unpriced if name == symbol), UTC
            )
            yield (
                f"{symbol}: {count} trades are in minutes without a price, which are no bars: by their sale conditions"
                f" they update volume alone; the first minute is {first.isoformat()}."
            )


def _place(record: Quote | RecordedBar) -> tuple[datetime, float]:
    return (record.event_time, record.price) if isinstance(record, Quote) else (record.start, record.close)
