"""The z-score. Its methods are described in `analytics.indicators`. Pure."""

from math import dist, fsum, sqrt

from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.rounding import all_equal
from analytics.indicators.series.window import WindowIndicator
from shared.market.records import Bar


class ZScore(WindowIndicator):
    """How many standard deviations a value lies from the mean of the last `period` values, itself among them.

    The standard deviation is the population's (divided by `period`), as that of the Bollinger bands. Absent while all
    values of the window are equal.
    """

    def __init__(self, period: int, of: Input = CLOSE) -> None:
        super().__init__(f"z_score-{of.tag}{period}", period, of)
        self.warm_after = (period,)

    def update(self, bar: Bar) -> float | None:
        return self._score(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> float | None:
        return self._score(self._window.up_to(self._read(bar)))

    def _score(self, values: list[float] | None) -> float | None:
        if values is None or all_equal(values):
            return None
        mean = fsum(values) / self.period
        deviation = dist(values, (mean,) * self.period) / sqrt(self.period)
        return (values[-1] - mean) / deviation
