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
coefficients were chosen on the days of AAPL, BAC and QQQ and evaluated on those of other symbols
(`benchmarks.forecasts.opponents`).
"""

from collections.abc import Sequence
from math import hypot, inf, isfinite, log, pi, sqrt

LONG, LAST, RECENT = 0.13, 0.16, 0.71
FADE = 0.91
"""What remains of a bar's weight in the recent mean, after each bar."""
FALL = 1.0
"""Weight of a falling return in the recent mean, in addition to the bar's length."""
IMPACT_SHARE = 1.0 / (1.0 + FALL / 2.0)
"""Every second return is a fall: the mean of the impacts is that of the sizes."""
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
LARGEST_EXPECTED = LARGEST_RETURN / JUMP
SMALLEST_SIGMA = 1e-6
"""Lower limit of one bar's sigma, a hundredth of a basis point, so that a constant price causes no division by zero."""
SMALLEST_VARIANCE = SMALLEST_SIGMA * SMALLEST_SIGMA
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

    __slots__ = ("_length", "_recent", "_sigma", "_size", "_volume", "_volumes", "seen")

    def __init__(self) -> None:
        self.seen = 0
        # Long means of the sizes of returns and of the lengths of bars; the recent mean; the expected deviation.
        self._size = self._length = self._recent = self._sigma = 0.0
        self._volumes, self._volume = 0, 0.0

    def update(
        self,
        before: float,
        open_: float,
        high: float,
        low: float,
        close: float,
        volume: float,
        factor: float,
    ) -> float:
        """Add a bar after a close of `before`, in the same shares; a volume of 0.0 is unknown.

        `factor` is how far prices usually move at its time of day (`ml.uncertainty.day_shape`) or on a day of its
        length, relative to other bars. Returns the size of the return relative to the expected one, 1.0 during warm-up.
        Raises ValueError, without any change, if a price is not positive and finite.
        """
        if not (0.0 < before < inf and 0.0 < open_ < inf and 0.0 < close < inf and 0.0 < low <= high < inf):
            raise ValueError(f"prices must be positive and finite: {before}, {open_}, {high}, {low}, {close}")
        gap, body = log(open_ / before), log(close / open_)
        top, bottom = (close, open_) if body > 0.0 else (open_, close)
        sigma, path = self._sigma, abs(body)
        # Conditional expressions here and below, because min() and max() would take half of the time of an update.
        longest = WICK * sigma * factor
        if high > top:
            wick = log(high / top)
            path += 2.0 * (wick if wick < longest else longest)
        if low < bottom:
            wick = log(bottom / low)
            path += 2.0 * (wick if wick < longest else longest)
        log_return = (gap + body) / factor
        self._add(log_return, hypot(path, gap) / factor, self._busy(volume))
        is_expected = self.seen > WARM_AFTER and sigma > SMALLEST_SIGMA
        return DEVIATION * abs(log_return) / sigma if is_expected else 1.0

    def _add(self, log_return: float, length: float, busy: float) -> None:
        """Add a bar of this return, unscaled length and relative volume."""
        size, expected = abs(log_return), self._expected()
        seen = self.seen = self.seen + 1
        share = 1.0 / (seen if seen < MEMORY else MEMORY)
        largest, burst = JUMP * expected, BURST * expected
        mean_size = self._size = self._size + ((size if size < largest else largest) - self._size) * share
        mean_length = self._length + ((length if length < largest else largest) - self._length) * share
        self._length = mean_length
        scaled = length if length < burst else burst
        if mean_length > 0.0:
            scaled *= mean_size / mean_length
        impact = scaled
        if log_return < 0.0:
            impact += FALL * (size if size < burst else burst)
        weight = 1.0 - FADE if seen > WARM_AFTER else share
        recent = self._recent = self._recent + (impact * IMPACT_SHARE - self._recent) * weight
        if seen < WARM_AFTER:
            self._sigma = DEVIATION * mean_size
        else:
            self._sigma = DEVIATION * (LONG * mean_size + LAST * scaled * busy + RECENT * recent)

    def _expected(self) -> float:
        """The deviation that limits are multiples of; those of the first returns come from LARGEST_RETURN."""
        if self.seen < WARM_AFTER:
            return LARGEST_EXPECTED
        expected, long = self._sigma, DEVIATION * self._size
        if expected < long:
            expected = long
        if expected < SMALLEST_SIGMA:
            return SMALLEST_SIGMA
        return expected if expected < LARGEST_EXPECTED else LARGEST_EXPECTED

    def _busy(self, volume: float) -> float:
        """The volume as a multiple of the mean volume so far; 1 where either is unknown. Updates the mean."""
        if not 0.0 < volume < inf:
            return 1.0
        mean, volumes = self._volume, self._volumes
        if volumes < VOLUMES:
            volumes = self._volumes = volumes + 1
        self._volume = mean + (volume - mean) / volumes
        if mean <= 0.0:
            return 1.0
        busy = volume / mean
        if busy < QUIETEST:
            return QUIETEST
        return busy if busy < BUSIEST else BUSIEST

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._volume *= ratio

    def sigmas(self, factors: Sequence[float]) -> list[float]:
        """The standard deviations of the log returns over the next bars, one for each factor; empty during warm-up.

        Each is the square root of the sum of the variances expected of the bars so far: that of bar k is factor^2 *
        (long + PERSISTENCE^(k - 1) * (s^2 - long)), where long is the variance of the long mean.
        """
        if self.seen < WARM_AFTER:
            return []
        long = (DEVIATION * self._size) ** 2
        excess, variance, found = self._sigma * self._sigma - long, 0.0, []
        for factor in factors:
            of_bar = factor * factor * (long + excess)
            variance += of_bar if of_bar > SMALLEST_VARIANCE else SMALLEST_VARIANCE
            found.append(sqrt(variance))
            excess *= PERSISTENCE
        return found

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
