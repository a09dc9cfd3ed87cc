"""Indicators of the spread of values. Their methods are described in `analytics.indicators.indicators`. Pure."""

from math import dist, fsum, log, sqrt
from typing import NamedTuple

from analytics.indicators.indicator_state import parts
from analytics.indicators.inputs import CLOSE, Input
from analytics.indicators.window import Window
from shared.market.records import Bar


class Bands(NamedTuple):
    """In units of the input."""

    lower: float
    middle: float
    upper: float


class Bollinger:
    """Bollinger bands: the mean of the last `period` values, and `deviations` standard deviations around it.

    In units of the input. The standard deviation is the population's (divided by `period`), as in Bollinger on
    Bollinger Bands (2001), computed in two passes over the window.
    """

    def __init__(self, period: int, deviations: float = 2, of: Input = CLOSE) -> None:
        self.period = period
        self.deviations = deviations
        self.warm_after = (period,) * 3
        self._of, self._read = of, of.read
        self._window = Window(period)
        self._scale = deviations / sqrt(period)

    @property
    def key(self) -> str:
        return f"bollinger-{self._of.tag}{self.period}-{self.deviations:.17g}"

    @property
    def seen(self) -> int:
        return self._window.seen

    def update(self, bar: Bar) -> Bands | None:
        return self._bands(self._window.add(self._read(bar)))

    def preview(self, bar: Bar) -> Bands | None:
        return self._bands(self._window.up_to(self._read(bar)))

    def _bands(self, values: list[float] | None) -> Bands | None:
        if values is None:
            return None
        middle, spread = _mean_and_spread(values)
        margin = spread * self._scale
        return Bands(middle - margin, middle, middle + margin)

    def split(self, ratio: float) -> None:
        """Exact: a mean and the distances from it scale with the values."""
        self._window.split(self._of.divisor(ratio))

    def state(self) -> list[float]:
        return self._window.state()

    def restore(self, state: list[float]) -> None:
        self._window.restore(self.key, state)


class Volatility:
    """Historical volatility: the sample standard deviation of the last `period` log returns, annualized.

    0.2 means 20 % a year. The deviation of one interval is multiplied by sqrt(periods_per_year), the number of such
    intervals in a year of trading (Hull, Options, Futures and Other Derivatives, "Estimating volatility from historical
    data"). The first value comes with bar `period + 1`. The input must be positive.
    """

    def __init__(self, period: int, periods_per_year: float, of: Input = CLOSE) -> None:
        self.period = period
        self.periods_per_year = periods_per_year
        self.warm_after = (period + 1,)
        self.seen = 0
        self._of, self._read = of, of.read
        self._previous = 0.0
        self._returns: list[float] = []
        self._scale = sqrt(periods_per_year / (period - 1))

    @property
    def key(self) -> str:
        return f"volatility-{self._of.tag}{self.period}-{self.periods_per_year:.17g}"

    def update(self, bar: Bar) -> float | None:
        latest, returns = self._read(bar), self._returns
        if self.seen > 0:
            returns.append(log(latest / self._previous))
        self._previous = latest
        self.seen += 1
        if self.seen <= self.period:
            return None
        self._returns = returns[1:]
        _, spread = _mean_and_spread(returns)
        return spread * self._scale

    def preview(self, bar: Bar) -> float | None:
        if self.seen < self.period:
            return None
        _, spread = _mean_and_spread([*self._returns, log(self._read(bar) / self._previous)])
        return spread * self._scale

    def split(self, ratio: float) -> None:
        """Exact: a return is the same in old and in new shares; only the last value is kept as it is."""
        self._previous /= self._of.divisor(ratio)

    def state(self) -> list[float]:
        return [self.seen, self._previous, *self._returns]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, *self._returns) = parts(self.key, state, fixed=1, window=self.period - 1)


def _mean_and_spread(values: list[float]) -> tuple[float, float]:
    """The mean, and the root of the summed squared deviations from it: the distance of two points."""
    count = len(values)
    mean = fsum(values) / count
    return mean, dist(values, [mean] * count)
