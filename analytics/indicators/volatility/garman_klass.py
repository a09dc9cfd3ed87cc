"""Garman-Klass volatility. Its methods are described in `analytics.indicators`. Pure."""

from math import fsum, log, sqrt

from analytics.indicators.series.window import Window
from shared.market.records import Bar

OPEN_WEIGHT = 2 * log(2) - 1


class GarmanKlass:
    """Volatility by the whole bar, annualised: 0.2 means 20 % a year.

    The root of the mean of 0.5 ln(high / low)² - (2 ln 2 - 1) ln(close / open)² over the last `period` bars, times
    sqrt(periods_per_year) (Garman and Klass, On the Estimation of Security Price Volatilities from Historical Data,
    1980, their practical estimator). The gap between bars is no part of it. 0 if every bar has one price only.
    """

    def __init__(self, period: int, periods_per_year: float) -> None:
        self.key = f"garman_klass-{period}-{periods_per_year:.17g}"
        self.warm_after = (period,)
        self._window = Window(period)
        self._scale = periods_per_year / period

    @property
    def seen(self) -> int:
        return self._window.seen

    def update(self, bar: Bar) -> float | None:
        return self._volatility(self._window.add(_variance(bar)))

    def preview(self, bar: Bar) -> float | None:
        return self._volatility(self._window.up_to(_variance(bar)))

    def _volatility(self, variances: list[float] | None) -> float | None:
        return None if variances is None else sqrt(fsum(variances) * self._scale)

    def split(self, _: float) -> None:
        """Exact: a ratio of prices is the same in old and in new shares."""

    def state(self) -> list[float]:
        return self._window.state()

    def restore(self, state: list[float]) -> None:
        self._window.restore(self.key, state)


def _variance(bar: Bar) -> float:
    """The variance of one bar; never negative, because open and close lie within high and low."""
    length, body = log(bar.high / bar.low), log(bar.close / bar.open)
    return 0.5 * length * length - OPEN_WEIGHT * body * body
