"""Keltner channels. Their methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.running import Lagged, RunningState
from analytics.indicators.series.window import ExponentialMean, wilder_mean
from analytics.indicators.volatility.true_range import true_range
from shared.market.records import Bar

Channel = tuple[float, float, float]
"""Lower, middle and upper line."""


class Keltner:
    """Keltner channels, in units of price: the EMA of the close, and `multiple` average true ranges around it.

    As Linda Bradford Raschke changed Chester Keltner's channels (StockCharts' ChartSchool, "Keltner Channels"): the
    average of the close is exponential with `period` bars, that of the true range Wilder's with `range_period`. Each is
    seeded with the simple mean of its first values; the first true range is that of bar 2.
    """

    def __init__(self, period: int, range_period: int, multiple: float = 2) -> None:
        self.key = f"keltner-{period}-{range_period}-{multiple:.17g}"
        self.warm_after = (max(period, range_period + 1),) * 3
        self.seen = 0
        self._multiple = multiple
        self._previous = 0.0
        self._mean, self._range = ExponentialMean(period), wilder_mean(range_period)
        self._state = RunningState(self.key, 1, Lagged(self._mean), Lagged(self._range, lag=1))

    def update(self, bar: Bar) -> Channel | None:
        close = bar.close
        length = self._range.update(true_range(bar, self._previous)) if self.seen else None
        self._previous = close
        self.seen += 1
        return self._channel(self._mean.update(close), length)

    def preview(self, bar: Bar) -> Channel | None:
        length = self._range.preview(true_range(bar, self._previous)) if self.seen else None
        return self._channel(self._mean.preview(bar.close), length)

    def _channel(self, middle: float | None, length: float | None) -> Channel | None:
        if middle is None or length is None:
            return None
        margin = self._multiple * length
        return middle - margin, middle, middle + margin

    def split(self, ratio: float) -> None:
        """Exact: means of prices and of ranges scale with the prices."""
        self._previous /= ratio
        self._mean.split(ratio)
        self._range.split(ratio)

    def state(self) -> list[float]:
        return self._state.numbers(self.seen, [self._previous])

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous,) = self._state.restore(state)
