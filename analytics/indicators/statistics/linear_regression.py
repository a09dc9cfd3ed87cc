"""Slope and R² of the linear regression. Its methods are described in `analytics.indicators`. Pure."""

from math import fsum

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.rounding import all_equal
from analytics.indicators.series.window import WindowIndicator
from shared.market.records import Bar

Line = tuple[float, float | None]
"""Slope and R²."""


class LinearRegression(WindowIndicator):
    """The least-squares line through the last `period` values, one step of x a bar.

    Slope in units of the input a bar; R², 0 to 1, is the fraction of the variance of the values that the line explains,
    absent while all of them are equal. In two passes: the mean first, then the products of the deviations from it.
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        super().__init__(f"linear_regression-{of.tag}{period}", period, of)
        self.warm_after = (period,) * 2
        middle = (period - 1) / 2
        self._steps = [place - middle for place in range(period)]
        self._squares = period * (period * period - 1) / 12
        """The sum of the squared steps."""

    def update(self, bar: Bar) -> Line | None:
        return self._line(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> Line | None:
        return self._line(self._window.up_to(self._read(bar)))

    def _line(self, values: list[float] | None) -> Line | None:
        if values is None:
            return None
        if all_equal(values):
            return 0.0, None
        mean = fsum(values) / self.period
        deviations = [value - mean for value in values]
        products = fsum([step * deviation for step, deviation in zip(self._steps, deviations, strict=True)])
        explained = products * products / self._squares
        return products / self._squares, min(1.0, explained / fsum([each * each for each in deviations]))
