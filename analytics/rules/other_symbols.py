"""The series of other symbols that a rule names, at the bars of the one at which it is judged."""

from collections.abc import Sequence

from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.evaluation.values import READ
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.syntax import Series
from analytics.store.rules.closed_bars import SymbolHistory
from shared.market.records import Bar


class OtherSymbol:
    """One named series: its value at a time is that of the last bar that had ended by then."""

    def __init__(self, series: Series, history: SymbolHistory) -> None:
        self._text = expression_text(series)
        self._read = READ[series.name]
        self._bars = history.bars[::-1]
        self._splits = sorted(history.splits, reverse=True)
        self._last: Bar | None = None

    def advance(self, end: int, rules: SeriesRules) -> tuple[str, float | None]:
        """Go on to `end`, epoch seconds. Returns the text of the series and its value there."""
        while self._bars and self._bars[-1].end <= end:
            self._last = self._bars.pop()
            while self._splits and self._splits[-1].time < self._last.end:
                rules.values.split_other(self._text, self._splits.pop().ratio)
        return self._text, None if self._last is None else self._read(self._last)


def values_at(others: Sequence[OtherSymbol], end: int, rules: SeriesRules) -> dict[str, float]:
    """The known values of the named series at `end`, by their text."""
    found = (other.advance(end, rules) for other in others)
    return {text: value for text, value in found if value is not None}
