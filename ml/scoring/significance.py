"""Tests whether a model is significantly better than the forecast of no change.

Two forecasts of the same close are compared by the difference of their losses (Diebold and Mariano, "Comparing
predictive accuracy", 1995). Forecasts of one day are correlated, so the standard error of the mean difference is
clustered by day, with a t quantile whose degrees of freedom are one less than the number of days (Cameron and Miller,
"A practitioner's guide to cluster-robust inference", 2015):

    mean = sum of differences / forecasts
    variance = days / (days - 1) * sum over days of (sum of the day - mean * forecasts of the day)^2 / forecasts^2

That interval is valid for a single test. Testing every day and stopping at the first significant result would
eventually find a false one. A champion is therefore determined by an interval that is valid on all days simultaneously:
the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit
theory and asymptotic confidence sequences" (2024).
"""

from collections.abc import Mapping, Sequence
from math import fsum, isfinite, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

BETTER = "better than no change"
WORSE = "worse than no change"
UNDECIDED = "not distinguishable from no change"
NAIVE = "naive"

SIGNIFICANCE = 0.05
"""Error probability of an interval: 95 % intervals."""
MIN_CLUSTERS = 20
"""With fewer clusters, neither the t quantile nor the limit theorem is reliable, and there is no result."""
NARROWEST_AT_CLUSTERS = 250
"""Clusters at which the confidence sequence is narrowest, a year of days; it is valid at any number."""


class Difference(NamedTuple):
    """Mean loss of the challenger minus that of "no change", negative if the challenger is better.

    [low, high] is the 95 % interval for a single test, `high_anytime` the upper end of the one valid at all times.
    """

    mean: float
    low: float
    high: float
    high_anytime: float
    clusters: int


class Comparison:
    """One challenger against "no change" at one horizon.

    A cluster is `days` consecutive days, which must be longer than a forecast's horizon, because daily forecasts over
    five days overlap. Four times the overlap keeps the remaining dependence between clusters small.
    """

    def __init__(self, days: int) -> None:
        self.days = days
        self.clusters = 0
        self._cluster = 0
        self._open = (0, 0.0)
        self._mean_count = self._mean_sum = 0.0
        self._counts = self._sums = self._both = 0.0

    def add(self, day: int, challenger: float, naive: float) -> None:
        """Add the losses of two forecasts of the same close, which came on `day`, counted from any reference day.

        A day before the open cluster counts in the open cluster. Raises ValueError, without any change, if a loss is
        not finite.
        """
        if not isfinite(challenger - naive):
            raise ValueError(f"losses must be finite, not {challenger} and {naive}")
        cluster, (count, total) = day // self.days, self._open
        if count and cluster > self._cluster:
            self._close()
            count, total = self._open
        self._cluster = max(cluster, self._cluster) if count else cluster
        self._open = (count + 1, total + (challenger - naive))

    def _close(self) -> None:
        """Add the open cluster to the means and the sums of squared deviations (Welford 1962)."""
        count, total = self._open
        self.clusters += 1
        count_before, sum_before = count - self._mean_count, total - self._mean_sum
        self._mean_count += count_before / self.clusters
        self._mean_sum += sum_before / self.clusters
        self._counts += count_before * (count - self._mean_count)
        self._sums += sum_before * (total - self._mean_sum)
        self._both += count_before * (total - self._mean_sum)
        self._open = (0, 0.0)

    def difference(self) -> Difference | None:
        """Over all completed clusters; None while they are too few."""
        if self.clusters < MIN_CLUSTERS:
            return None
        mean = self._mean_sum / self._mean_count
        squares = max(self._sums - 2.0 * mean * self._both + mean * mean * self._counts, 0.0)
        deviation = sqrt(squares / (self.clusters - 1)) / self._mean_count
        once = deviation / sqrt(self.clusters) * t_quantile(1.0 - SIGNIFICANCE / 2.0, self.clusters - 1)
        anytime = max(deviation * _half_width_at_all_times(self.clusters), once)
        return Difference(mean, mean - once, mean + once, mean + anytime, self.clusters)

    def verdict(self) -> str:
        """The result in words, by the interval of a single test."""
        found = self.difference()
        if found is None or found.low <= 0.0 <= found.high:
            return UNDECIDED
        return BETTER if found.high < 0.0 else WORSE

    def state(self) -> list[float]:
        """The complete state for `restore()`, as finite numbers."""
        moments = (self._mean_count, self._mean_sum, self._counts, self._sums, self._both)
        return [self.days, self.clusters, self._cluster, *self._open, *moments]

    def restore(self, state: Sequence[float]) -> None:
        """Raises ValueError if the state is not valid for this comparison."""
        if (
            len(state) != 10
            or not all(map(isfinite, state))
            or state[0] != self.days
            or min(state[1], state[3]) < 0
        ):
            raise ValueError(f"the stored state does not fit a comparison by {self.days} days")
        self.clusters, self._cluster = int(state[1]), int(state[2])
        self._open = (int(state[3]), state[4])
        self._mean_count, self._mean_sum, self._counts, self._sums, self._both = state[5:]


def champion(challengers: Mapping[str, Comparison]) -> str:
    """The name of the challenger with the lowest mean loss among those proven better, else "naive".

    A challenger is proven better if its anytime interval is below zero, and only as long as it is.
    """
    proven = {}
    for name, comparison in challengers.items():
        found = comparison.difference()
        if found is not None and found.high_anytime < 0.0:
            proven[name] = found.mean
    return min(proven, key=proven.__getitem__, default=NAIVE)


def _half_width_at_all_times(count: int) -> float:
    """Half the width of the confidence sequence at `count` values, in their standard deviations.

    The Gaussian mixture boundary of the source, with rho chosen, as there, to be narrowest at NARROWEST_AT_CLUSTERS
    values.
    """
    log_term = -2.0 * log(SIGNIFICANCE)
    rho_squared = (log_term + log(log_term) + 1.0) / NARROWEST_AT_CLUSTERS
    spread = count * rho_squared + 1.0
    return sqrt(2.0 * spread / (count * count * rho_squared) * log(sqrt(spread) / SIGNIFICANCE))


def t_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t for 10 or more degrees of freedom, to 0.0001 for probabilities from 0.025 to 0.975.

    The expansion around the normal quantile in Abramowitz and Stegun, Handbook of Mathematical Functions (1964),
    26.7.5.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + fsum(term / float(freedom) ** power for power, term in enumerate(terms, start=1))
