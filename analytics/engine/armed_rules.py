"""The rules of a partition in its engine: arms and disarms them in the series that they apply to. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from analytics.alerts.evaluation.rule_book import RuleBook
from analytics.engine.events import Event
from analytics.engine.symbol_state import SymbolState
from shared.market.records import Bar, Interval, RuleChange


class AppliedChange(NamedTuple):
    """A change of a rule, at its offset."""

    offset: int
    change: RuleChange


class PastSeries(Protocol):
    """The closed bars of a symbol that are already stored, for the values of a rule that is armed later."""

    def bars_until(self, symbol: str, interval: Interval, end: int) -> Iterable[Bar]:
        """Those that ended by `end`, epoch seconds, in order and as they traded."""


class NothingStored:
    """No bar is stored: a rule warms up from its arming on."""

    def bars_until(self, *_: object) -> Iterable[Bar]:
        """No bar."""
        return ()


NOTHING_STORED = NothingStored()


class ArmedRules:
    """The rules of a partition, and the changes of them that are to be stored."""

    def __init__(self, closed_bars: PastSeries) -> None:
        self.closed_bars = closed_bars
        self.book = RuleBook()
        self._changes: list[AppliedChange] = []

    def fold(
        self, change: RuleChange, offset: int, symbols: Mapping[str, SymbolState], events: Sequence[Event]
    ) -> Iterable[str]:
        """Apply a change from the next bar of each symbol on; `events` are those that are not stored yet.

        Returns the symbols whose state changed.
        """
        self._changes.append(AppliedChange(offset, change))
        if not self.book.apply(change):
            return ()
        for state in symbols.values():
            state.arm(self.book, change.rule_id, partial(self._past, state, events))
        return symbols.keys()

    def _past(self, state: SymbolState, events: Sequence[Event], interval: Interval) -> Iterator[Bar]:
        """The closed bars of a series: those that are stored, then those that are not yet."""
        symbol, last = state.symbol, 0
        for bar in self.closed_bars.bars_until(symbol, interval, state.open.series[interval].closed_until):
            last = bar.end
            yield bar
        for event in events:
            bar = event.closed.bar
            if (bar.symbol, bar.interval) == (symbol, interval) and bar.end > last:
                yield bar

    def take_changes(self) -> list[AppliedChange]:
        """The changes since the last call, repeated ones too, in order."""
        found, self._changes = self._changes, []
        return found
