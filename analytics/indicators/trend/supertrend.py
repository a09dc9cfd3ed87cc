"""SuperTrend. Its methods are described in `analytics.indicators`. Pure."""

from typing import NamedTuple

from analytics.indicators.series.rounding import ROUNDING
from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import wilder_mean
from analytics.indicators.volatility.true_range import true_range
from shared.market.records import Bar

Trend = tuple[float, float]
"""The line, and 1 for an upward trend or -1 for a downward one."""


class _Bands(NamedTuple):
    """The final bands and the direction of a bar, with its close; direction 0 before the first one."""

    close: float
    lower: float
    upper: float
    direction: float


class SuperTrend:
    """SuperTrend (Olivier Seban): a stop that follows the trend, in units of price, and the direction of the trend.

    Around (high + low) / 2 there are bands of `multiple` average true ranges (Wilder's, as ATR). While the close before
    stays within it, the lower band never falls and the upper one never rises. The trend turns up at a close above the
    upper band and down at one below the lower band; the line is the lower band in an upward trend, the upper one in a
    downward trend. The first trend is downward, as at TradingView.
    """

    def __init__(self, period: int, multiple: float = 3) -> None:
        self.key = f"supertrend-{period}-{multiple:.17g}"
        self.warm_after = (period + 1,) * 2
        self.seen = 0
        self._multiple = multiple
        self._range = wilder_mean(period)
        self._last = _Bands(0.0, 0.0, 0.0, 0.0)
        self._state = RunningState(self.key, 4, Lagged(self._range, lag=1))

    def update(self, bar: Bar) -> Trend | None:
        length = self._range.update(true_range(bar, self._last.close)) if self.seen else None
        self._last = self._next(bar, length)
        self.seen += 1
        return _trend(self._last)

    def preview(self, bar: Bar) -> Trend | None:
        length = self._range.preview(true_range(bar, self._last.close)) if self.seen else None
        return _trend(self._next(bar, length))

    def _next(self, bar: Bar, length: float | None) -> _Bands:
        before = self._last
        if length is None:
            return before._replace(close=bar.close)
        middle, margin = (bar.high + bar.low) / 2, self._multiple * length
        lower, upper = middle - margin, middle + margin
        if not before.direction:
            return _Bands(bar.close, lower, upper, -1.0)
        if before.close >= before.lower:
            lower = max(lower, before.lower)
        if before.close <= before.upper:
            upper = min(upper, before.upper)
        return _Bands(bar.close, lower, upper, _direction(bar.close, lower, upper, before.direction))

    def split(self, ratio: float) -> None:
        """Exact: bands scale with the prices."""
        close, lower, upper, direction = self._last
        self._last = _Bands(close / ratio, lower / ratio, upper / ratio, direction)
        self._range.split(ratio)

    def state(self) -> list[float]:
        return self._state.numbers(self.seen, self._last)

    def restore(self, state: list[float]) -> None:
        self.seen, numbers = self._state.restore(state)
        self._last = _Bands(*numbers)


def _direction(close: float, lower: float, upper: float, before: float) -> float:
    """The trend of a bar, after the one before."""
    tie = ROUNDING * close
    if before < 0.0:
        return 1.0 if close - upper > tie else -1.0
    return -1.0 if lower - close > tie else 1.0


def _trend(bands: _Bands) -> Trend | None:
    if not bands.direction:
        return None
    return (bands.lower if bands.direction > 0.0 else bands.upper), bands.direction
