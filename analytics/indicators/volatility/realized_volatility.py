"""Realized volatility. Its methods are described in `analytics.indicators`. Pure."""

from math import dist, fsum, log, sqrt

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.inputs import CLOSE, Input
from analytics.indicators.series.window import Window
from shared.market.records import Bar


class Volatility:
    """Realized (historical) volatility: the sample standard deviation of the last `period` log returns, annualised.

    0.2 means 20 % a year. The deviation of one interval is multiplied by sqrt(periods_per_year), the number of such
    intervals in a year of trading (Hull, Options, Futures and Other Derivatives, "Estimating volatility from historical
    data"). The first value comes with bar `period + 1`. The return from or to 0, which a volume may be, is undefined:
    the first value comes anew, with bar `period + 1` after it.
    """

    def __init__(self, period: int, periods_per_year: float, of: Input = CLOSE) -> None:
        self.key = f"volatility-{of.tag}{period}-{periods_per_year:.17g}"
        self.period = period
        self.warm_after = (period + 1,)
        self.seen = 0
        self._of, self._read = of, of.read
        self._previous = 0.0
        self._returns = Window(period)
        self._scale = sqrt(periods_per_year / (period - 1))

    def update(self, bar: Bar) -> float | None:
        previous, self._previous = self._previous, self._read(bar)
        self.seen += 1
        if self.seen == 1:
            return None
        if not self._previous or not previous:
            self.seen, self._returns = 1, Window(self.period)
            return None
        return self._deviation(self._returns.add(log(self._previous / previous)))

    def preview(self, bar: Bar) -> float | None:
        if self.seen < self.period or not (value := self._read(bar)):
            return None
        return self._deviation(self._returns.up_to(log(value / self._previous)))

    def _deviation(self, returns: list[float] | None) -> float | None:
        if returns is None:
            return None
        mean = fsum(returns) / self.period
        return dist(returns, (mean,) * self.period) * self._scale

    def split(self, ratio: float) -> None:
        """Exact: a return is the same in old and in new shares; only the last value is kept as it is."""
        self._previous /= self._of.divisor(ratio)

    def state(self) -> list[float]:
        _, *returns = self._returns.state()
        return [self.seen, self._previous, *returns]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, *returns) = parts(self.key, state, fixed=1, window=self.period - 1)
        self._returns.restore(self.key, [max(self.seen - 1, 0), *returns])
