"""The commodity channel index. Its methods are described in `analytics.indicators`. Pure."""

from math import fsum

from analytics.indicators.series.inputs import TYPICAL
from analytics.indicators.series.rounding import all_equal
from analytics.indicators.series.window import WindowIndicator
from shared.market.records import Bar

SCALE = 0.015
"""Lambert's constant: with it most values lie between -100 and 100."""


class CCI(WindowIndicator):
    """Commodity channel index, a number (Donald Lambert, Commodities, October 1980).

    (typical price - its mean) / (0.015 * its mean absolute deviation) over the last `period` bars, where the typical
    price is (high + low + close) / 3. 0 if all typical prices of the window are equal, as in TA-Lib.
    """

    def __init__(self, period: int) -> None:
        super().__init__(f"cci-{period}", period, TYPICAL)
        self.warm_after = (period,)

    def update(self, bar: Bar) -> float | None:
        return self._index(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> float | None:
        return self._index(self._window.up_to(self._read(bar)))

    def _index(self, prices: list[float] | None) -> float | None:
        if prices is None:
            return None
        if all_equal(prices):  # their mean may differ from them in its last digit
            return 0.0
        mean = fsum(prices) / self.period
        deviation = fsum([abs(price - mean) for price in prices]) / self.period
        return (prices[-1] - mean) / (SCALE * deviation)
