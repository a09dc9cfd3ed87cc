"""Ichimoku kinko hyo. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.extremes import Extremes, Range
from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import Window
from shared.market.records import Bar

Lines = tuple[float | None, float | None, float | None, float | None]
"""Conversion line, base line, leading spans A and B; each is None until it is warm."""


class Ichimoku:
    """Conversion line, base line and the cloud, in units of price (Goichi Hosoda, 1969).

    Each line is the middle between the lowest low and the highest high: of `conversion`, `base` and `span` bars. Span A
    is the mean of conversion and base line, span B the middle of `span` bars, both drawn `base` bars later: the values
    of a bar are those of the cloud at it, calculated `base` bars before. The lagging line is the close drawn earlier;
    it would show what was not known yet and is no output.
    """

    def __init__(self, conversion: int, base: int, span: int) -> None:
        self.key = f"ichimoku-{conversion}-{base}-{span}"
        longest = max(conversion, base)
        self.warm_after = (conversion, base, longest + base, span + base)
        self.seen = 0
        self._ranges = Extremes(conversion), Extremes(base), Extremes(span)
        self._span_a, self._span_b = Window(base + 1), Window(base + 1)
        ranges = [Lagged(extremes) for extremes in self._ranges]
        cloud = [Lagged(self._span_a, longest - 1), Lagged(self._span_b, span - 1)]
        self._state = RunningState(self.key, 0, *ranges, *cloud)

    def update(self, bar: Bar) -> Lines:
        self.seen += 1
        conversion, base, span = (_middle(extremes.update(bar)) for extremes in self._ranges)
        lead = _mean(conversion, base)
        span_a = None if lead is None else self._span_a.add(lead)
        span_b = None if span is None else self._span_b.add(span)
        return conversion, base, _first(span_a), _first(span_b)

    def preview(self, bar: Bar) -> Lines:
        conversion, base, span = (_middle(extremes.preview(bar)) for extremes in self._ranges)
        lead = _mean(conversion, base)
        span_a = None if lead is None else self._span_a.up_to(lead)
        span_b = None if span is None else self._span_b.up_to(span)
        return conversion, base, _first(span_a), _first(span_b)

    def split(self, ratio: float) -> None:
        """Exact: extremes scale with the prices."""
        for values in (*self._ranges, self._span_a, self._span_b):
            values.split(ratio)

    def state(self) -> list[float]:
        return self._state.numbers(self.seen)

    def restore(self, state: list[float]) -> None:
        self.seen, _ = self._state.restore(state)


def _middle(found: Range | None) -> float | None:
    return None if found is None else found.middle


def _mean(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else (one + other) / 2


def _first(values: list[float] | None) -> float | None:
    return None if values is None else values[0]
