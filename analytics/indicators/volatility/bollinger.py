"""Bollinger bands. Their methods are described in `analytics.indicators`. Pure."""

from math import dist, fsum, sqrt

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.rounding import ROUNDING, all_equal
from analytics.indicators.series.window import WindowIndicator
from shared.market.records import Bar

Bands = tuple[float, float, float]
"""Lower, middle and upper band."""


class Bollinger(WindowIndicator):
    """Bollinger bands: the mean of the last `period` values, and `deviations` standard deviations around it.

    In units of the input. The standard deviation is the population's (divided by `period`), as in Bollinger on
    Bollinger Bands (2001), computed in two passes over the window. Where all values are equal, so are the bands.
    """

    def __init__(self, period: int, deviations: float = 2, of: Input = CLOSE) -> None:
        super().__init__(f"bollinger-{of.tag}{period}-{deviations:.17g}", period, of)
        self.warm_after = (period,) * 3
        self._scale = deviations / sqrt(period)

    def update(self, bar: Bar) -> Bands | None:
        return self._bands(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> Bands | None:
        return self._bands(self._window.up_to(self._read(bar)))

    def _bands(self, values: list[float] | None) -> Bands | None:
        if values is None:
            return None
        last = values[-1]
        # The mean of equal values may differ from them in its last digit. The first comparison is quick.
        if abs(last - values[0]) <= ROUNDING * last and all_equal(values):
            return last, last, last
        middle = fsum(values) / self.period
        margin = dist(values, (middle,) * self.period) * self._scale
        return middle - margin, middle, middle + margin
