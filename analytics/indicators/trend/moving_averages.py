"""Moving averages, simple and exponential. Their methods are described in `analytics.indicators`. Pure."""

from math import fsum

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.window import ExponentialMean, WindowIndicator
from shared.market.records import Bar


class SMA(WindowIndicator):
    """Simple moving average: the mean of the last `period` values, in units of the input."""

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        super().__init__(f"sma-{of.tag}{period}", period, of)
        self.warm_after = (period,)

    def update(self, bar: Bar) -> float | None:
        values = self._window.add(self._read(bar))
        return None if values is None else fsum(values) / self.period

    def preview(self, bar: Bar) -> float | None:
        values = self._window.up_to(self._read(bar))
        return None if values is None else fsum(values) / self.period


class EMA:
    """Exponential moving average, in units of the input: mean += (value - mean) * 2 / (period + 1).

    Seeded with the simple mean of the first `period` values, as StockCharts' ChartSchool does.
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        self.period = period
        self.warm_after = (period,)
        self._of, self._read = of, of.read
        self._mean = ExponentialMean(period)

    @property
    def key(self) -> str:
        return f"ema-{self._of.tag}{self.period}"

    @property
    def seen(self) -> int:
        return self._mean.seen

    def update(self, bar: Bar) -> float | None:
        return self._mean.update(self._read(bar))

    def preview(self, bar: Bar) -> float | None:
        return self._mean.preview(self._read(bar))

    def split(self, ratio: float) -> None:
        """Exact: a weighted mean scales with its values."""
        self._mean.split(self._of.divisor(ratio))

    def state(self) -> list[float]:
        return self._mean.state()

    def restore(self, state: list[float]) -> None:
        self._mean.restore(self.key, state)
