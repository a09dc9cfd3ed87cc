"""Volatility of log returns: a filter of whole bars that is updated with each bar and needs no fitting.

The path of a bar is the shortest way of its price from open over high and low to close: the body and twice both wicks.
With the gap since the previous close it says more about the next bar than the return alone, because a price that went
far and came back was restless too (Parkinson, "The extreme value method for estimating the variance of the rate of
return", Journal of Business 53, 1980). A bar's length is hypot(path, gap), times mean |return| / mean length of the
symbol, so that its mean is that of the sizes of the returns. The deviation of the next return is

    s' = sqrt(pi / 2) * (LONG * mean |return| + LAST * length * busy + RECENT * recent length)

    long     mean of the last MEMORY returns, to which s reverts
    last     the newest bar alone, times its volume as a multiple of the mean volume: a move with much trade goes on
    recent   exponential mean in which a fall counts extra, as in the GJR-GARCH of Glosten, Jagannathan and Runkle
             (Journal of Finance 48, 1993)

The three spans follow Corsi, "A simple approximate long-memory model of realized volatility" (Journal of Financial
Econometrics 7, 2009). All are means of sizes and not of squares, in which one extreme bar counts for months.
sqrt(pi / 2) is the deviation of a normal distribution in units of its mean size; `ml.uncertainty.conformal` corrects
the scale.

Each wick counts up to WICK expected deviations only: highs and lows, unlike closes, contain wrong prices. The
coefficients were chosen on the days of AAPL, BAC and QQQ and judged on those of other symbols
(`benchmarks.forecasts.coverage`).
"""

from collections.abc import Sequence
from functools import lru_cache
from math import hypot, inf, isfinite, log, pi, sqrt

LONG, LAST, RECENT = 0.13, 0.16, 0.71
FADE = 0.91
"""What remains of a bar's weight in the recent mean, after each bar."""
FALL = 1.0
"""Weight of a falling return in the recent mean, in addition to the bar's length."""
WICK = 0.6
"""Limit of each wick in expected deviations."""
WARM_AFTER = 20
"""Returns whose mean size gives the first deviation."""
MEMORY = 2_500
"""The long means are plain means of this many bars, ten years of days, and decay exponentially after that."""
JUMP, BURST = 10.0, 4.0
"""Limits of a length and of a return in expected deviations, in the long means and in the others: a larger one says
little more about the bars after it, and one wrong price must not widen the intervals for months."""
LARGEST_RETURN = log(10.0)
"""The limit of the first returns, for which no deviation is known yet: tenfold or a tenth."""
SMALLEST_SIGMA = 1e-6
"""Lower limit of one bar's sigma, a hundredth of a basis point, so that a constant price causes no division by zero."""
VOLUMES = 40
"""Bars of the mean volume: a plain mean of so many, then exponential."""
QUIETEST, BUSIEST = 0.7, 3.0
"""Limits of a volume as a multiple of the mean volume."""
PERSISTENCE = 0.95
"""What remains of the distance from the long variance, after each bar ahead."""
DEVIATION = sqrt(pi / 2.0)

STATE_SIZE = 7


class BarVolatility:
    """Forecasts the standard deviation of future log returns from past bars, one bar at a time.

    Its state is seven numbers. It keeps no price, so a split changes only its mean volume.
    """

    key = (
        f"bar-{LONG}-{LAST}-{RECENT}-{FADE}-{FALL}-{WICK}-{WARM_AFTER}-{MEMORY}-{JUMP:g}-{BURST:g}-"
        f"{VOLUMES}-{QUIETEST}-{BUSIEST:g}-{PERSISTENCE}"
    )

    def __init__(self) -> None:
        self.seen = 0
        # Long means of the sizes of returns and of the lengths of bars; the recent mean; the expected deviation.
        self._size = self._length = self._recent = self._sigma = 0.0
        self._volumes, self._volume = 0, 0.0

    def update(
        self, before: float, open_: float, high: float, low: float, close: float, volume: float
    ) -> None:
        """Add a bar after a close of `before`, in the same shares; a volume of 0.0 is unknown.

        Raises ValueError, without any change, if a price is not positive and finite.
        """
        if not (0.0 < before < inf and 0.0 < open_ < inf and 0.0 < close < inf and 0.0 < low <= high < inf):
            raise ValueError(f"prices must be positive and finite: {before}, {open_}, {high}, {low}, {close}")
        gap, body = log(open_ / before), log(close / open_)
        top, bottom = (close, open_) if body > 0.0 else (open_, close)
        longest = WICK * self._sigma
        wicks = _wick(high, top, longest) + _wick(bottom, low, longest)
        self._add(gap + body, hypot(abs(body) + 2.0 * wicks, gap), self._busy(volume))

    def _add(self, log_return: float, length: float, busy: float) -> None:
        """Add a bar of this return, unscaled length and relative volume."""
        size, expected = abs(log_return), self._expected()
        self.seen += 1
        is_warm = self.seen > WARM_AFTER
        share, largest, burst = 1.0 / min(self.seen, MEMORY), JUMP * expected, BURST * expected
        self._size += (min(size, largest) - self._size) * share
        self._length += (min(length, largest) - self._length) * share
        scaled = min(length, burst)
        if self._length > 0.0:
            scaled *= self._size / self._length
        impact = scaled + FALL * min(size, burst) if log_return < 0.0 else scaled
        self._recent += (impact / (1.0 + FALL / 2.0) - self._recent) * (1.0 - FADE if is_warm else share)
        mean = LONG * self._size + LAST * scaled * busy + RECENT * self._recent
        self._sigma = DEVIATION * (mean if self.seen >= WARM_AFTER else self._size)

    def _expected(self) -> float:
        """The deviation that limits are multiples of; those of the first returns come from LARGEST_RETURN."""
        if self.seen < WARM_AFTER:
            return LARGEST_RETURN / JUMP
        return min(max(self._sigma, DEVIATION * self._size, SMALLEST_SIGMA), LARGEST_RETURN / JUMP)

    def _busy(self, volume: float) -> float:
        """The volume as a multiple of the mean volume so far; 1 where either is unknown. Updates the mean."""
        if not 0.0 < volume < inf:
            return 1.0
        mean = self._volume
        self._volumes = min(self._volumes + 1, VOLUMES)
        self._volume += (volume - mean) / self._volumes
        return min(max(volume / mean, QUIETEST), BUSIEST) if mean > 0.0 else 1.0

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._volume *= ratio

    def sigmas(self, horizons: int) -> list[float]:
        """The standard deviations of the log returns over the next 1 to `horizons` bars; empty during warm-up.

        Each is the square root of the sum of the expected variances, where that of bar k is long + PERSISTENCE^(k - 1)
        * (s^2 - long), and long the variance of the long mean.
        """
        if self.seen < WARM_AFTER:
            return []
        long = (DEVIATION * self._size) ** 2
        excess = self._sigma * self._sigma - long
        found = []
        for horizon, share, smallest in _terms(horizons):
            variance = horizon * long + share * excess
            sigma = sqrt(variance) if variance > 0.0 else 0.0
            found.append(sigma if sigma > smallest else smallest)
        return found

    def sigma(self, horizon: int) -> float | None:
        """The last of `sigmas`, None during warm-up."""
        found = self.sigmas(horizon)
        return found[-1] if found else None

    def state(self) -> list[float]:
        """The complete state for `restore()`, as finite numbers."""
        means = self._size, self._length, self._recent, self._sigma
        return [self.seen, *means, self._volumes, self._volume]

    def restore(self, state: Sequence[float]) -> None:
        """Raises ValueError if the state is not valid for this filter."""
        if len(state) != STATE_SIZE or not all(isfinite(number) and number >= 0.0 for number in state):
            raise ValueError(f"the stored state of {self.key} must be seven finite numbers, none negative")
        seen, *means, volumes, volume = state
        if seen != int(seen) or volumes != int(volumes):
            raise ValueError(f"the stored state of {self.key} must count in integers")
        self.seen, self._volumes, self._volume = int(seen), int(volumes), volume
        self._size, self._length, self._recent, self._sigma = means


def _wick(upper: float, lower: float, longest: float) -> float:
    """The log distance between two prices, at most `longest`; 0 unless `upper` is above `lower`."""
    if upper <= lower:
        return 0.0
    return min(log(upper / lower), longest)


@lru_cache
def _terms(horizons: int) -> list[tuple[int, float, float]]:
    """For each horizon, the constants: horizon, weight of the current excess variance, and lower limit of sigma."""
    return [
        (horizon, (1.0 - PERSISTENCE**horizon) / (1.0 - PERSISTENCE), SMALLEST_SIGMA * sqrt(horizon))
        for horizon in range(1, horizons + 1)
    ]
