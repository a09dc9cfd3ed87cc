"""The series of other symbols that a rule names, at the bars of the one at which it is evaluated. Pure."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.evaluation.values import READ
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.syntax import Series
from shared.market.records import Bar
from shared.market.splits import SplitAt


class NextBars(NamedTuple):
    """Closed bars of a symbol, in order and as they traded, and all its splits so far, in order."""

    bars: Sequence[Bar]
    splits: Sequence[SplitAt]


class OtherSymbol:
    """One named series: its value at a time is that of the last bar that had ended by then.

    `until` is the end of that bar, in epoch seconds, 0 before the first one.
    """

    def __init__(self, series: Series) -> None:
        self.symbol, self.until = series.symbol, 0
        self._text = expression_text(series)
        self._read = READ[series.name]
        self._bars: deque[Bar] = deque()
        self._splits: Sequence[SplitAt] = ()
        self._applied = 0
        self._value: float | None = None

    def provide(self, found: NextBars) -> None:
        """Go on with these bars, which ended after `until`."""
        self._bars, self._splits = deque(found.bars), found.splits

    def advance(self, end: int, rules: SeriesRules) -> tuple[str, float | None]:
        """Go on to `end`, epoch seconds. Returns the text of the series and its value there."""
        while self._bars and self._bars[0].end <= end:
            bar = self._bars.popleft()
            while self._applied < len(self._splits) and self._splits[self._applied].time < bar.end:
                rules.split_other(self._text, self._splits[self._applied].ratio)
                self._applied += 1
            self._value, self.until = self._read(bar), bar.end
        return self._text, self._value

    def state(self) -> list[Any]:
        """All that `restore` needs."""
        return [self.until, self._applied, self._value]

    def restore(self, state: list[Any]) -> None:
        """Continue from `state`."""
        self.until, self._applied, self._value = state


def values_at(others: Iterable[OtherSymbol], end: int, rules: SeriesRules) -> dict[str, float]:
    """The known values of the named series at `end`, by their text."""
    found = (other.advance(end, rules) for other in others)
    return {text: value for text, value in found if value is not None}
