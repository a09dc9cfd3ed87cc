"""Indicators of how far closes lie apart. Their methods are those that `analytics.indicators.indicators` describes."""

from math import dist, fsum, log, sqrt
from typing import NamedTuple

from analytics.indicators.indicator_state import parts
from analytics.indicators.window import Window


class Bands(NamedTuple):
    """In units of price."""

    lower: float
    middle: float
    upper: float


class Bollinger:
    """Bollinger bands: the mean of the last `period` closes, and `deviations` standard deviations around it.

    In units of price. The standard deviation is the population's (divided by `period`), as in Bollinger on
    Bollinger Bands (2001), taken in two passes over the window.
    """

    def __init__(self, period: int, deviations: float) -> None:
        self.period = period
        self.deviations = deviations
        self.warm_after = period
        self._window = Window(period)
        self._scale = deviations / sqrt(period)

    @property
    def key(self) -> str:
        return f"bollinger-{self.period}-{self.deviations:.17g}"

    @property
    def seen(self) -> int:
        return self._window.seen

    def update(self, close: float) -> Bands | None:
        bands = self.preview(close)
        self._window.add(close)
        return bands

    def preview(self, close: float) -> Bands | None:
        closes = self._window.up_to(close)
        if closes is None:
            return None
        middle, spread = _mean_and_spread(closes)
        margin = spread * self._scale
        return Bands(middle - margin, middle, middle + margin)

    def split(self, ratio: float) -> None:
        """Exact: a mean and the distances from it scale with the closes."""
        self._window.split(ratio)

    def state(self) -> list[float]:
        return self._window.state()

    def restore(self, state: list[float]) -> None:
        self._window.restore(self.key, state)


class Volatility:
    """Historical volatility: the sample standard deviation of the last `period` log returns, a year's worth.

    0.2 means 20 % a year. The deviation of one interval is multiplied by sqrt(periods_per_year), the number
    of such intervals in a year of trading (Hull, Options, Futures and Other Derivatives, "Estimating
    volatility from historical data"). The first value comes with close `period + 1`.
    """

    def __init__(self, period: int, periods_per_year: float) -> None:
        self.period = period
        self.periods_per_year = periods_per_year
        self.warm_after = period + 1
        self.seen = 0
        self._previous = 0.0
        self._returns: list[float] = []
        self._scale = sqrt(periods_per_year / (period - 1))

    @property
    def key(self) -> str:
        return f"volatility-{self.period}-{self.periods_per_year:.17g}"

    def update(self, close: float) -> float | None:
        value = self.preview(close)
        if self.seen > 0:
            self._returns.append(log(close / self._previous))
        if self.seen >= self.period:
            del self._returns[0]
        self._previous = close
        self.seen += 1
        return value

    def preview(self, close: float) -> float | None:
        if self.seen < self.period:
            return None
        _, spread = _mean_and_spread([*self._returns, log(close / self._previous)])
        return spread * self._scale

    def split(self, ratio: float) -> None:
        """Exact: a return within old prices is one within new ones; only the last close is kept as a price."""
        self._previous /= ratio

    def state(self) -> list[float]:
        return [self.seen, self._previous, *self._returns]

    def restore(self, state: list[float]) -> None:
        self.seen, (self._previous, *self._returns) = parts(self.key, state, fixed=1, window=self.period - 1)


def _mean_and_spread(values: list[float]) -> tuple[float, float]:
    """The mean, and the root of the summed squared deviations from it: the distance of two points."""
    count = len(values)
    mean = fsum(values) / count
    return mean, dist(values, [mean] * count)
