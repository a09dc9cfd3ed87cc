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

from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import exp, inf, isfinite, log
from statistics import NormalDist
from typing import NamedTuple

RATE = 0.05
"""A round's largest step, as a share of the normal quantile. From 0.015 to 0.1 the coverage over 16 years of real
days changes by a quarter of a point; a larger one follows a new market sooner and is rougher."""
MAX_WIDTH_RATIO = 4.0
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


class PendingForecasts:
    """The forecasts of one symbol whose target is still to come: a score exists only once it has.

    Call `advance` at every bar, then `issue` with the forecasts made at it, if any. With horizons up to n at most
    n * (n + 1) / 2 are waiting.
    """

    def __init__(self) -> None:
        self.seen = 0
        # Entry i holds what is due i + 1 bars from now.
        self._due: deque[list[Forecast]] = deque()

    def issue(self, forecasts: Sequence[Forecast]) -> None:
        """Take forecasts whose numbers are positive and finite: they are looked at where they are made."""
        due = self._due
        for forecast in forecasts:
            while len(due) < forecast.horizon:
                due.append([])
            due[forecast.horizon - 1].append(forecast)

    def holds(self, horizon: int) -> bool:
        """Whether a forecast of so many bars ahead was made at the newest bar."""
        due = self._due
        return len(due) >= horizon and any(each.horizon == horizon for each in due[horizon - 1])

    def advance(self) -> list[Forecast]:
        """A bar has closed: the forecasts of its close, the longest horizon first."""
        self.seen += 1
        return self._due.popleft() if self._due else []

    def split(self, ratio: float) -> None:
        """Go on as if every price so far had been divided by `ratio`."""
        self._due = deque(
            [each._replace(origin=each.origin / ratio, mean=each.mean / ratio) for each in waiting]
            for waiting in self._due
        )

    def state(self) -> list[list[float]]:
        """All that `restore()` needs to go on bit for bit, as finite numbers."""
        return [
            [self.seen],
            *(
                [due, *forecast[:-1], *forecast.widths]
                for due, waiting in enumerate(self._due, start=self.seen + 1)
                for forecast in waiting
            ),
        ]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError where the state is none of this class's."""
        if not state or len(state[0]) != 1 or any(len(row) < FIXED for row in state[1:]):
            raise ValueError("the stored forecasts that wait for their targets are incomplete")
        seen = int(state[0][0])
        due = [(int(row[0]), _stored(row)) for row in state[1:]]
        if not all(seen < at <= seen + forecast.horizon and _can_be_scored(forecast) for at, forecast in due):
            raise ValueError("the stored forecasts that wait for their targets don't fit")
        self.seen = seen
        last = max((at for at, _ in due), default=seen)
        self._due = deque([each for at, each in due if at == bar] for bar in range(seen + 1, last + 1))


def _stored(row: Sequence[float]) -> Forecast:
    _, horizon, origin, mean, sigma, *widths = row
    return Forecast(int(horizon), origin, mean, sigma, tuple(widths))


def _can_be_scored(forecast: Forecast) -> bool:
    horizon, origin, mean, sigma, widths = forecast
    numbers_are = horizon > 0 and 0.0 < origin < inf and 0.0 < mean < inf and 0.0 < sigma < inf
    return numbers_are and all(map(isfinite, widths)) and min(widths) > 0.0


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
        return f"conformal-{len(self._rounds)}-{'-'.join(map(str, self.levels))}-{RATE}-{MAX_WIDTH_RATIO:g}"

    def widths(self, horizon: int) -> tuple[float, ...]:
        """The reach of each level's interval in sigmas; that of a higher level is never smaller."""
        return self._rounds[horizon - 1].rising

    def all_widths(self) -> list[tuple[float, ...]]:
        """The widths of every horizon, the shortest first."""
        return [rounds.rising for rounds in self._rounds]

    def interval(self, mean: float, sigma: float, horizon: int) -> dict[float, tuple[float, float]]:
        """Low and high of each level around the price `mean`; `sigma` is that of the log return over the horizon."""
        widths = zip(self.levels, self.widths(horizon), strict=True)
        return {level: bounds(mean, sigma, width) for level, width in widths}

    def learn(self, time: int, horizon: int, score: float) -> None:
        """Count a score that became known at `time`, the end of its bar in any whole unit.

        A score of a later time ends the round before it; one that comes late counts in the round that is open.
        Raises ValueError where the score is no finite number from zero up, and learns nothing then.
        """
        if not 0.0 <= score < inf:
            raise ValueError(f"a score must be finite and not negative, not {score}")
        rounds = self._rounds[horizon - 1]
        if time > rounds.time:
            rounds.begin(time)
        rounds.scores += 1
        if score > rounds.narrowest:
            rounds.lay_outside(score)

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
    """One horizon: its widths, and of the open round its time, its scores and how many lay outside each width.

    `rising` are the widths as they are used: that of a higher level is never smaller. `narrowest` is the least of them.
    """

    def __init__(self, levels: tuple[float, ...]) -> None:
        self._allowed = [1.0 - level for level in levels]
        self._normal = [NormalDist().inv_cdf((1.0 + level) / 2.0) for level in levels]
        self.time = self.scores = 0
        self._outside = [0] * len(levels)
        self._set(list(self._normal))

    def begin(self, time: int) -> None:
        """One step for the round that ends, and none of its scores kept."""
        self.time = time
        if not self.scores:
            return
        widths = []
        rules = zip(self._widths, self._normal, self._outside, self._allowed, strict=True)
        for width, normal, outside, allowed in rules:
            width += RATE * normal * (outside / self.scores - allowed)
            widths.append(min(max(width, normal / MAX_WIDTH_RATIO), normal * MAX_WIDTH_RATIO))
        self._set(widths)
        self.scores = 0
        self._outside = [0] * len(self._outside)

    def lay_outside(self, score: float) -> None:
        """Count a score for the widths that it exceeds."""
        for i, width in enumerate(self._widths):
            if score > width:
                self._outside[i] += 1

    def _set(self, widths: list[float]) -> None:
        self._widths, self.narrowest = widths, min(widths)
        self.rising = tuple(accumulate(widths, max))

    def state(self) -> list[float]:
        return [self.time, self.scores, *self._outside, *self._widths]

    def restore(self, state: Sequence[float]) -> None:
        size = len(self._widths)
        if len(state) != 2 + 2 * size:
            raise ValueError("the stored widths are of other levels")
        time, scores, *outside = map(int, state[: 2 + size])
        widths = list(state[2 + size :])
        if not all(0 <= count <= scores for count in outside) or not self._within(widths):
            raise ValueError("the stored widths are out of range")
        self.time, self.scores, self._outside = time, scores, outside
        self._set(widths)

    def _within(self, widths: list[float]) -> bool:
        pairs = zip(self._normal, widths, strict=True)
        return all(normal / MAX_WIDTH_RATIO <= width <= normal * MAX_WIDTH_RATIO for normal, width in pairs)


def bounds(mean: float, sigma: float, width: float) -> tuple[float, float]:
    """The prices `width` sigmas below and above `mean`."""
    reach = exp(width * sigma)
    return mean / reach, mean * reach
