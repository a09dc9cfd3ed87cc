"""The rate of change. Its methods are described in `analytics.indicators`. Pure."""

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.window import WindowIndicator
from shared.market.records import Bar


class RateOfChange(WindowIndicator):
    """The change against the value `period` bars before, as a fraction of it: 0.05 means 5 % more. Absent if that was
    0.

    value / value before - 1 (StockCharts' ChartSchool, "Rate of Change (ROC)", shows it times 100).
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        super().__init__(f"roc-{of.tag}{period}", period + 1, of)
        self.warm_after = (period + 1,)

    def update(self, bar: Bar) -> float | None:
        return _change(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> float | None:
        return _change(self._window.up_to(self._read(bar)))


def _change(values: list[float] | None) -> float | None:
    return None if values is None or values[0] == 0.0 else values[-1] / values[0] - 1.0
