"""The usual methods for intervals of the next close, with which ours are compared.

constant    the standard deviation of all returns so far
rolling     that of the newest 250 returns
EWMA        exponentially weighted squares with the weight 0.94 (RiskMetrics Technical Document, 1996)
HAR         the heterogeneous autoregression of Corsi (Journal of Financial Econometrics 7, 2009), refitted at the end
            of each month to all bars so far: the logarithm of the next bar's deviation from that of the newest bar and
            from the means of 5 and of 22 bars; deviations by the ranges, or by realized variance where it is known
GARCH-t     GARCH(1,1) with Student's t (Bollerslev, 1987), refitted likewise by the package `arch`
GJR-t       likewise, with the asymmetry of Glosten, Jagannathan and Runkle (1993)

Each forecasts "no change" and uses only bars up to its close.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.coverage import FIRST_YEAR, LEVELS
from ml.uncertainty.volatility import SMALLEST_SIGMA

Floats = NDArray[np.float64]

LEVEL = LEVELS[-1]
NORMAL = NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
PENALTY = 2.0 / (1.0 - LEVEL)
WINDOW, WEIGHT, FIRST_FIT = 250, 0.94, 250
HAR_BARS = (1, 5, 22)
"""A day, a week and a month of days."""
PERCENT = 100.0
"""The returns are fitted in percent: the optimiser of `arch` expects numbers near 1."""


class Returns(NamedTuple):
    """The log returns of one symbol, the day of each as days since 1970, and the deviation of each bar by its range."""

    days: NDArray[np.int64]
    values: Floats
    deviations: Floats


Opponent = Callable[[Returns], Floats]
"""Half the width of the interval of the next return, known at each return; NaN where there is none."""


def constant(returns: Returns) -> Floats:
    counts = np.arange(1, len(returns.values) + 1)
    means = np.cumsum(returns.values) / counts
    squares = np.cumsum(returns.values**2) - counts * means**2
    deviations: Floats = np.sqrt(np.maximum(squares, 0.0) / np.maximum(counts - 1, 1))
    return NORMAL * deviations


def rolling(returns: Returns) -> Floats:
    values = returns.values
    deviations = [np.std(values[max(0, end - WINDOW) : end], ddof=1) for end in range(2, len(values) + 1)]
    return NORMAL * np.array([np.nan, *deviations])


def ewma(returns: Returns) -> Floats:
    variance = float(np.mean(returns.values[:20] ** 2))
    variances = []
    for value in returns.values.tolist():
        variance = WEIGHT * variance + (1.0 - WEIGHT) * value * value
        variances.append(variance)
    return NORMAL * np.sqrt(variances)


def har(period: str) -> Opponent:
    """HAR, fitted by least squares at the end of each period, a unit of numpy's datetime64.

    The reach in deviations is the quantile of the returns so far in units of those that the model expects of them.
    """

    def reaches(returns: Returns) -> Floats:
        logs = np.log(np.maximum(returns.deviations, SMALLEST_SIGMA))
        means = [_means(logs, bars) for bars in HAR_BARS]
        regressors = np.column_stack([np.ones(len(logs)), *means])
        found, first = np.full(len(logs), np.nan), HAR_BARS[-1]
        for start, end in refits(returns.days, period):
            weights = np.linalg.lstsq(regressors[first:start], logs[first + 1 : start + 1], rcond=None)[0]
            expected = np.exp(regressors[first:end] @ weights)
            sizes = np.abs(returns.values[first + 1 : start + 1]) / expected[: start - first]
            found[start:end] = np.quantile(sizes, LEVEL) * expected[start - first :]
        return found

    return reaches


def _means(values: Floats, bars: int) -> Floats:
    """The mean of the newest `bars` values at each value; of all so far where they are fewer."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - bars, 0)
    means: Floats = (sums[ends] - sums[starts]) / (ends - starts)
    return means


class StudentGarch(NamedTuple):
    """A fitted model of returns in percent; `reach` is half the width of its interval in deviations."""

    omega: float
    alpha: float
    gamma: float
    beta: float
    reach: float

    def variance_after(self, variance: float, value: float) -> float:
        """The variance of the next return."""
        impact = self.alpha + self.gamma if value < 0.0 else self.alpha
        return self.omega + impact * value * value + self.beta * variance


def refitted(asymmetric: int, period: str) -> Opponent:
    """GARCH-t (0) or GJR-t (1), fitted at the end of each period, a unit of numpy's datetime64."""

    def reaches(returns: Returns) -> Floats:
        values, found = returns.values * PERCENT, np.full(len(returns.values), np.nan)
        for start, end in refits(returns.days, period):
            model, variance = fitted(values[: start + 1], asymmetric)
            for place in range(start, end):
                variance = model.variance_after(variance, float(values[place]))
                found[place] = model.reach * sqrt(variance) / PERCENT
        return found

    return reaches


def refits(days: NDArray[np.int64], period: str) -> Iterator[tuple[int, int]]:
    """For each fit that a forecast from FIRST_YEAR on uses: the place of its last return, and that of the next fit."""
    periods = days.astype("datetime64[D]").astype(f"datetime64[{period}]")
    ends = np.flatnonzero(periods[1:] != periods[:-1])
    starts = [FIRST_FIT - 1, *ends[ends >= FIRST_FIT].tolist(), len(days)]
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    for start, end in pairwise(starts):
        if end == len(days) or years[end] >= FIRST_YEAR:
            yield start, end


def fitted(values: Floats, asymmetric: int) -> tuple[StudentGarch, float]:
    """The model of these returns, and its variance of the last one."""
    # Imported here, because only this comparison needs it.
    from arch import arch_model

    result = arch_model(values, mean="Zero", p=1, o=asymmetric, q=1, dist="t", rescale=False).fit(
        disp="off", show_warning=False
    )
    omega, alpha, *gamma, beta, freedom = (float(each) for each in result.params)
    reach = float(result.model.distribution.ppf([(1.0 + LEVEL) / 2.0], [freedom])[0])
    model = StudentGarch(omega, alpha, gamma[0] if gamma else 0.0, beta, reach)
    return model, float(result.conditional_volatility[-1]) ** 2


SIMPLE: dict[str, Opponent] = {"constant": constant, "rolling": rolling, "EWMA": ewma}


def all_methods(quick: bool, period: str = "M") -> dict[str, Opponent]:
    """All methods, refitted at the end of each period; if `quick`, without those that take minutes to fit."""
    found = {**SIMPLE, "HAR": har(period)}
    return found if quick else {**found, "GARCH-t": refitted(0, period), "GJR-t": refitted(1, period)}
