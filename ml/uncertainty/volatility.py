"""How far a price is likely to move: a variance that follows each return, without any fitting.

The filter is the GJR-GARCH(1,1) of Glosten, Jagannathan and Runkle, "On the relation between the expected
value and the volatility of the nominal excess return on stocks" (Journal of Finance 48, 1993), where a fall
raises the variance of the next bar more than a rise of the same size:

    v' = (1 - persistence) * target + (ALPHA + GAMMA * [r < 0]) * r^2 + BETA * v
    persistence = ALPHA + GAMMA / 2 + BETA

Its coefficients are fixed at what daily returns of stocks and indices typically give (persistence 0.98, a
fall three to five times as strong as a rise). The target, to which v returns, is the mean square of the
returns themselves: variance targeting, Engle and Mezrich, "GARCH for groups" (Risk 9, 1996). What fixed
coefficients get wrong in scale is mended by `ml.uncertainty.conformal`.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import isfinite, log, sqrt

ALPHA, GAMMA, BETA = 0.03, 0.10, 0.90
PERSISTENCE = ALPHA + GAMMA / 2 + BETA
WARM_AFTER = 20
"""Returns that the first variance is the mean square of."""
MEMORY = 2_500
"""The target is the plain mean of so many squares, ten years of days, and forgets exponentially from then on."""
JUMP = 10.0
"""A return counts as at most so many of the deviations expected: one wrong or once-in-a-life price does not
blow the variance up for months."""
LARGEST_RETURN = log(10.0)
"""The same for the first returns, for which nothing is expected yet: tenfold or a tenth."""
SMALLEST_SIGMA = 1e-6
"""Of one bar: a price that stands still has a sigma that can be divided by, a hundredth of a basis point."""


class VarianceFilter:
    """The standard deviation of the log returns to come, from those that were, one bar at a time.

    It keeps three numbers. Feed it log(close / previous close), so a split needs nothing here: the return is
    the same in old and in new prices, if both closes are in the same.
    """

    key = f"gjr-{ALPHA}-{GAMMA}-{BETA}-{WARM_AFTER}-{MEMORY}-{JUMP:g}"

    def __init__(self) -> None:
        self.seen = 0
        self._target = self._variance = 0.0

    def update(self, log_return: float) -> None:
        """Fold one return in. Raises ValueError where it is not finite, and changes nothing then."""
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
        """What a return counts as at most."""
        if self.seen < WARM_AFTER:
            return LARGEST_RETURN
        expected = max(sqrt(max(self._variance, self._target)), SMALLEST_SIGMA)
        return min(JUMP * expected, LARGEST_RETURN)

    def sigmas(self, horizons: int) -> list[float]:
        """The standard deviations of the log returns over the next 1 to `horizons` bars; none while warming up.

        The sum of the variances expected for each of them, where bar k is expected to have
        target + persistence^(k - 1) * (v - target).
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
        """The last of `sigmas`, None while warming up."""
        found = self.sigmas(horizon)
        return found[-1] if found else None

    def state(self) -> list[float]:
        """All that `restore()` needs to go on bit for bit, as finite numbers."""
        return [self.seen, self._target, self._variance]

    def restore(self, state: Sequence[float]) -> None:
        """Raises ValueError where the state is none of this filter's."""
        if len(state) != 3 or not all(isfinite(number) and number >= 0.0 for number in state):
            raise ValueError(f"the stored state of {self.key} must be three finite numbers, none below zero")
        if state[0] != int(state[0]):
            raise ValueError(f"the stored state of {self.key} must start with a count")
        self.seen, self._target, self._variance = int(state[0]), state[1], state[2]


@lru_cache
def _terms(horizons: int) -> list[tuple[int, float, float]]:
    """Of each horizon what does not depend on the returns: how much of today's excess it holds, and its least sigma."""
    return [
        (horizon, (1.0 - PERSISTENCE**horizon) / (1.0 - PERSISTENCE), SMALLEST_SIGMA * sqrt(horizon))
        for horizon in range(1, horizons + 1)
    ]
