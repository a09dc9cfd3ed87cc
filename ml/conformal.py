"""How wide an interval must be: the quantile of what forecasts were really off by, in units of sigma.

A forecast's score is |log(actual / mean)| / sigma, sigma being the deviation expected over its horizon. The interval
of level c reaches `width` sigmas to either side of the mean, and `width` follows the c-quantile of the scores: it
grows by rate * c where all scores lay outside, shrinks by rate * (1 - c) where none did. Over many rounds the share
outside so comes to 1 - c whatever the distribution is and however it changes. Sources: Gibbs and Candès, "Adaptive
conformal inference under distribution shift" (2021); the tracked quantile of Angelopoulos, Candès and Tibshirani,
"Conformal PID control for time series prediction" (2023).

Scores of one moment are one round: a market that falls takes all symbols with it, so fifty symbols outside at once
tell little more than one, and a step for each would make the interval depend on how many symbols are followed.

Prices are positive, so intervals lie around the logarithm: [mean * exp(-width * sigma), mean * exp(width * sigma)].
"""

from collections.abc import Sequence
from itertools import accumulate
from math import exp, inf, isfinite, log
from statistics import NormalDist
from typing import NamedTuple

RATE = 0.05
"""A round's largest step, as a share of the normal quantile. From 0.015 to 0.1 the coverage over 16 years of real
days changes by a quarter of a point; a larger one follows a new market sooner and is rougher."""
WIDEST = 4.0
"""A width stays within this many times the normal quantile, and its inverse: hours of a halted feed, or of wrong
prices, can't lead it so far astray that it takes weeks to come back."""


FIXED = 5
"""Numbers of a stored forecast before its widths: due, horizon, origin, mean, sigma."""


class Forecast(NamedTuple):
    """What was said of the close `horizon` bars ahead when a bar closed at `origin`.

    `origin` and `mean` are prices, `sigma` the deviation of the log return over the horizon, `widths` the reach of
    each level's interval in sigmas, in the order of the levels.
    """

    horizon: int
    origin: float
    mean: float
    sigma: float
    widths: tuple[float, ...]

    def score(self, actual: float) -> float:
        """How many sigmas the close lies from the mean."""
        return abs(log(actual / self.mean)) / self.sigma


class Waiting:
    """The forecasts of one symbol whose target is still to come: a score exists only once it has.

    Call `arrive` at every bar, then `issue` with the forecasts made at it, if any. With horizons up to n at most
    n * (n + 1) / 2 are waiting.
    """

    def __init__(self) -> None:
        self.seen = 0
        self._due: list[tuple[int, Forecast]] = []

    def issue(self, forecasts: Sequence[Forecast]) -> None:
        """Raises ValueError where one can't be scored, and takes none then."""
        for forecast in forecasts:
            if not _can_be_scored(forecast):
                raise ValueError(f"a forecast needs a horizon and positive, finite numbers, not {forecast}")
        self._due += [(self.seen + forecast.horizon, forecast) for forecast in forecasts]

    def arrive(self) -> list[Forecast]:
        """A bar has closed: the forecasts of its close, the longest horizon first."""
        self.seen += 1
        arrived = [forecast for due, forecast in self._due if due == self.seen]
        self._due = [(due, forecast) for due, forecast in self._due if due > self.seen]
        return arrived

    def split(self, ratio: float) -> None:
        """Go on as if every price so far had been divided by `ratio`."""
        self._due = [
            (due, waiting._replace(origin=waiting.origin / ratio, mean=waiting.mean / ratio))
            for due, waiting in self._due
        ]

    def state(self) -> list[list[float]]:
        """All that `restore()` needs to go on bit for bit, as finite numbers."""
        return [[self.seen], *([due, *forecast[:-1], *forecast.widths] for due, forecast in self._due)]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError where the state is none of this class's."""
        if not state or len(state[0]) != 1 or any(len(row) < FIXED for row in state[1:]):
            raise ValueError("the stored forecasts that wait for their targets are incomplete")
        seen = int(state[0][0])
        due = [(int(row[0]), _stored(row)) for row in state[1:]]
        if not all(seen < at <= seen + forecast.horizon and _can_be_scored(forecast) for at, forecast in due):
            raise ValueError("the stored forecasts that wait for their targets don't fit")
        self.seen, self._due = seen, due


def _stored(row: Sequence[float]) -> Forecast:
    _, horizon, origin, mean, sigma, *widths = row
    return Forecast(int(horizon), origin, mean, sigma, tuple(widths))


def _can_be_scored(forecast: Forecast) -> bool:
    return all(0.0 < number < inf for number in (*forecast[:-1], *forecast.widths))


class Pool:
    """The widths of each horizon and level, learnt from the scores of all symbols that share it.

    Whoever folds a partition owns one for each interval of bars: scores of other partitions are not in it. `levels`
    are the shares of closes that intervals shall hold, rising, each between 0 and 1. Before the first round has
    ended a width is the normal distribution's.
    """

    def __init__(self, horizons: int, levels: tuple[float, ...]) -> None:
        if horizons < 1 or list(levels) != sorted(set(levels)) or not all(0 < level < 1 for level in levels):
            raise ValueError("a pool needs a horizon and rising levels between 0 and 1")
        self.levels = levels
        self._rounds = [_Rounds(levels) for _ in range(horizons)]

    @property
    def key(self) -> str:
        """What a stored state belongs to."""
        return f"conformal-{len(self._rounds)}-{'-'.join(map(str, self.levels))}-{RATE}-{WIDEST:g}"

    def widths(self, horizon: int) -> tuple[float, ...]:
        """The reach of each level's interval in sigmas; that of a higher level is never smaller."""
        return tuple(accumulate(self._rounds[horizon - 1].widths, max))

    def interval(self, mean: float, sigma: float, horizon: int) -> dict[float, tuple[float, float]]:
        """Low and high of each level around the price `mean`; `sigma` is that of the log return over the horizon."""
        widths = zip(self.levels, self.widths(horizon), strict=True)
        return {level: bounds(mean, sigma, width) for level, width in widths}

    def learn(self, time: int, horizon: int, score: float) -> None:
        """Count a score that became known at `time`, the end of its bar in any whole unit.

        A score of a later time ends the round before it; one that comes late counts in the round that is open.
        Raises ValueError where the score is no finite number from zero up, and learns nothing then.
        """
        if not (isfinite(score) and score >= 0.0):
            raise ValueError(f"a score must be finite and not negative, not {score}")
        self._rounds[horizon - 1].add(time, score)

    def state(self) -> list[list[float]]:
        """All that `restore()` needs to go on bit for bit, as finite numbers."""
        return [rounds.state() for rounds in self._rounds]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError where the state is none of such a pool's."""
        if len(state) != len(self._rounds):
            raise ValueError(f"the stored state does not fit {self.key}")
        for rounds, numbers in zip(self._rounds, state, strict=True):
            rounds.restore(numbers)


class _Rounds:
    """One horizon: its widths, and of the open round its time, its scores and how many lay outside each width."""

    def __init__(self, levels: tuple[float, ...]) -> None:
        self._allowed = [1.0 - level for level in levels]
        self._normal = [NormalDist().inv_cdf((1.0 + level) / 2.0) for level in levels]
        self._time = self._scores = 0
        self._outside = [0] * len(levels)
        self.widths = list(self._normal)

    def add(self, time: int, score: float) -> None:
        if self._scores and time > self._time:
            self._end()
        self._time = time if self._scores == 0 else max(time, self._time)
        self._scores += 1
        self._outside = [
            count + (score > width) for count, width in zip(self._outside, self.widths, strict=True)
        ]

    def _end(self) -> None:
        """One step for the round, and none of its scores kept."""
        for i, normal in enumerate(self._normal):
            step = RATE * normal * (self._outside[i] / self._scores - self._allowed[i])
            self.widths[i] = min(max(self.widths[i] + step, normal / WIDEST), normal * WIDEST)
        self._scores = 0
        self._outside = [0] * len(self._outside)

    def state(self) -> list[float]:
        return [self._time, self._scores, *self._outside, *self.widths]

    def restore(self, state: Sequence[float]) -> None:
        size = len(self.widths)
        if len(state) != 2 + 2 * size:
            raise ValueError("the stored widths are of other levels")
        time, scores, *outside = map(int, state[: 2 + size])
        widths = list(state[2 + size :])
        if not all(0 <= count <= scores for count in outside) or not self._within(widths):
            raise ValueError("the stored widths are out of range")
        self._time, self._scores, self._outside, self.widths = time, scores, outside, widths

    def _within(self, widths: list[float]) -> bool:
        pairs = zip(self._normal, widths, strict=True)
        return all(normal / WIDEST <= width <= normal * WIDEST for normal, width in pairs)


def bounds(mean: float, sigma: float, width: float) -> tuple[float, float]:
    """The prices `width` sigmas below and above `mean`."""
    reach = exp(width * sigma)
    return mean / reach, mean * reach
