"""Volatility of log returns: a variance filter that is updated with each return and needs no fitting.

The filter is the GJR-GARCH(1,1) of Glosten, Jagannathan and Runkle, "On the relation between the expected value and the
volatility of the nominal excess return on stocks" (Journal of Finance 48, 1993), in which a fall raises the variance of
the next bar more than a rise of the same size:

    v' = (1 - persistence) * target + (ALPHA + GAMMA * [r < 0]) * r^2 + BETA * v
    persistence = ALPHA + GAMMA / 2 + BETA

Its coefficients are fixed at typical values for daily returns of stocks and indices (persistence 0.98, a fall three to
five times as strong as a rise). The target, to which v reverts, is the mean square of the returns: variance targeting,
Engle and Mezrich, "GARCH for groups" (Risk 9, 1996). `ml.uncertainty.conformal` corrects the scale error of fixed
coefficients.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite, log, sqrt

ALPHA, GAMMA, BETA = 0.03, 0.10, 0.90
PERSISTENCE = ALPHA + GAMMA / 2 + BETA
WARM_AFTER = 20
"""Returns whose mean square is the first variance."""
MEMORY = 2_500
"""The target is the plain mean of this many squares, ten years of daily bars, and decays exponentially after that."""
JUMP = 10.0
"""A return is limited to this many expected deviations, so that one wrong or extreme price does not inflate the
variance for months."""
LARGEST_RETURN = log(10.0)
"""The limit of the first returns, for which no deviation is known yet: tenfold or a tenth."""
SMALLEST_SIGMA = 1e-6
"""Lower limit of one bar's sigma, a hundredth of a basis point, so that a constant price causes no division by zero."""


class VarianceFilter:
    """Forecasts the standard deviation of future log returns from past ones, one bar at a time.

    Its state is three numbers. Its input is log(close / previous close), so splits need no adjustment here if both
    closes are in the same shares.
    """

    key = f"gjr-{ALPHA}-{GAMMA}-{BETA}-{WARM_AFTER}-{MEMORY}-{JUMP:g}"

    def __init__(self) -> None:
        self.seen = 0
        self._target = self._variance = 0.0

    def update(self, log_return: float) -> None:
        """Add one return. Raises ValueError, without any change, if it is not finite."""
        if not isfinite(log_return):
            raise ValueError(f"a log return must be finite, not {log_return}")
        limit = self._limit()
        square = min(abs(log_return), limit) ** 2
        self.seen += 1
        self._target += (square - self._target) / min(self.seen, MEMORY)
        if self.seen <= WARM_AFTER:
            self._variance = self._target
            return
        impact = ALPHA + GAMMA if log_return < 0.0 else ALPHA
        self._variance = (1.0 - PERSISTENCE) * self._target + impact * square + BETA * self._variance

    def _limit(self) -> float:
        """The limit of the size of the next return."""
        if self.seen < WARM_AFTER:
            return LARGEST_RETURN
        expected = max(sqrt(max(self._variance, self._target)), SMALLEST_SIGMA)
        return min(JUMP * expected, LARGEST_RETURN)

    def sigmas(self, horizons: int) -> list[float]:
        """The standard deviations of the log returns over the next 1 to `horizons` bars; empty during warm-up.

        Each is the square root of the sum of the expected variances, where that of bar k is target + persistence^(k -
        1) * (v - target).
        """
        if self.seen < WARM_AFTER:
            return []
        target, excess = self._target, self._variance - self._target
        found = []
        for horizon, share, smallest in _terms(horizons):
            variance = horizon * target + share * excess
            sigma = sqrt(variance) if variance > 0.0 else 0.0
            found.append(sigma if sigma > smallest else smallest)
        return found

    def sigma(self, horizon: int) -> float | None:
        """The last of `sigmas`, None during warm-up."""
        found = self.sigmas(horizon)
        return found[-1] if found else None

    def state(self) -> list[float]:
        """The complete state for `restore()`, as finite numbers."""
        return [self.seen, self._target, self._variance]

    def restore(self, state: Sequence[float]) -> None:
        """Raises ValueError if the state is not valid for this filter."""
        if len(state) != 3 or not all(isfinite(number) and number >= 0.0 for number in state):
            raise ValueError(f"the stored state of {self.key} must be three finite numbers, none negative")
        if state[0] != int(state[0]):
            raise ValueError(f"the stored state of {self.key} must start with an integer")
        self.seen, self._target, self._variance = int(state[0]), state[1], state[2]


@lru_cache
def _terms(horizons: int) -> list[tuple[int, float, float]]:
    """For each horizon, the constants: horizon, weight of the current excess variance, and lower limit of sigma."""
    return [
        (horizon, (1.0 - PERSISTENCE**horizon) / (1.0 - PERSISTENCE), SMALLEST_SIGMA * sqrt(horizon))
        for horizon in range(1, horizons + 1)
    ]
