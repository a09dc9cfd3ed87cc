"""Conformal prediction intervals: their widths are quantiles of the actual forecast errors, in units of sigma.

A forecast's score is |log(actual / mean)| / sigma, where sigma is the expected deviation over its horizon. The interval
of level c extends `width` sigmas to either side of the mean, and `width` tracks the c-quantile of the scores: it grows
by rate * c if all scores are outside, and shrinks by rate * (1 - c) if none is. Over many rounds the fraction outside
converges to 1 - c for any distribution, even one that changes. Sources: Gibbs and Candès, "Adaptive conformal inference
under distribution shift" (2021); the tracked quantile of Angelopoulos, Candès and Tibshirani, "Conformal PID control
for time series prediction" (2023).

Scores of one time form one round. A falling market moves all symbols together, so fifty symbols outside at once carry
little more information than one, and one step per score would make the widths depend on the number of symbols.

Prices are positive, so intervals are symmetric in the logarithm: [mean * exp(-width * sigma), mean * exp(width *
sigma)].
"""

from collections import deque
from collections.abc import Sequence
from itertools import accumulate
from math import exp, inf, isfinite, log
from statistics import NormalDist
from typing import NamedTuple

RATE = 0.05
"""A round's largest step, as a fraction of the normal quantile. From 0.015 to 0.1 the coverage over 16 years of actual
daily data changes by a quarter of a percentage point; a larger rate adapts faster and gives noisier widths."""
MAX_WIDTH_RATIO = 4.0
"""A width stays within this factor of the normal quantile, above and below, so that hours of a halted feed or of wrong
prices can't distort it for weeks."""


FIXED = 5
"""Numbers of a stored forecast before its widths: due, horizon, origin, mean, sigma."""


class Forecast(NamedTuple):
    """The forecast of the close `horizon` bars ahead, made when a bar closed at `origin`.

    `origin` and `mean` are prices, `sigma` is the deviation of the log return over the horizon, and `widths` are the
    half-widths of the intervals in sigmas, in the order of the levels.
    """

    horizon: int
    origin: float
    mean: float
    sigma: float
    widths: tuple[float, ...]

    def score(self, actual: float) -> float:
        """The distance of the close from the mean, in sigmas."""
        return abs(log(actual / self.mean)) / self.sigma


class PendingForecasts:
    """The forecasts of one symbol whose target is still to come and that can't be scored yet.

    Call `advance` at every bar, then `issue` with the forecasts made at it, if any. With horizons up to n, at most n *
    (n + 1) / 2 forecasts are pending.
    """

    def __init__(self) -> None:
        self.seen = 0
        # Entry i contains the forecasts due i + 1 bars from now.
        self._due: deque[list[Forecast]] = deque()

    def issue(self, forecasts: Sequence[Forecast]) -> None:
        """Add forecasts. The caller has checked that their numbers are positive and finite."""
        due = self._due
        for forecast in forecasts:
            while len(due) < forecast.horizon:
                due.append([])
            due[forecast.horizon - 1].append(forecast)

    def holds(self, horizon: int) -> bool:
        """Whether a forecast of this horizon was made at the newest bar."""
        due = self._due
        return len(due) >= horizon and any(each.horizon == horizon for each in due[horizon - 1])

    def of_next_bar(self) -> Forecast | None:
        """The forecast of the next bar that was made at the newest one, None if there is none."""
        due = self._due[0] if self._due else ()
        return next((each for each in due if each.horizon == 1), None)

    def advance(self) -> list[Forecast]:
        """A bar has closed: remove and return the forecasts of its close, the longest horizon first."""
        self.seen += 1
        return self._due.popleft() if self._due else []

    def split(self, ratio: float) -> None:
        """Divide every price so far by `ratio`."""
        self._due = deque(
            [each._replace(origin=each.origin / ratio, mean=each.mean / ratio) for each in waiting]
            for waiting in self._due
        )

    def state(self) -> list[list[float]]:
        """The complete state for `restore()`, as finite numbers."""
        return [
            [self.seen],
            *(
                [due, *forecast[:-1], *forecast.widths]
                for due, waiting in enumerate(self._due, start=self.seen + 1)
                for forecast in waiting
            ),
        ]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError if the state is not valid for this class."""
        if not state or len(state[0]) != 1 or any(len(row) < FIXED for row in state[1:]):
            raise ValueError("the stored pending forecasts are incomplete")
        seen = int(state[0][0])
        due = [(int(row[0]), _stored(row)) for row in state[1:]]
        if not all(seen < at <= seen + forecast.horizon and _can_be_scored(forecast) for at, forecast in due):
            raise ValueError("the stored pending forecasts are inconsistent")
        self.seen = seen
        last = max((at for at, _ in due), default=seen)
        self._due = deque([each for at, each in due if at == bar] for bar in range(seen + 1, last + 1))


def _stored(row: Sequence[float]) -> Forecast:
    _, horizon, origin, mean, sigma, *widths = row
    return Forecast(int(horizon), origin, mean, sigma, tuple(widths))


def _can_be_scored(forecast: Forecast) -> bool:
    horizon, origin, mean, sigma, widths = forecast
    is_valid = horizon > 0 and 0.0 < origin < inf and 0.0 < mean < inf and 0.0 < sigma < inf
    return is_valid and all(map(isfinite, widths)) and min(widths) > 0.0


class Pool:
    """The widths of each horizon and level, learnt from the scores of all symbols that share the pool.

    There is one pool per partition, interval and model. `levels` are the nominal coverages, rising, each between 0 and
    1. Until the first round has ended, widths are those of the normal distribution.
    """

    def __init__(self, horizons: int, levels: tuple[float, ...]) -> None:
        if horizons < 1 or list(levels) != sorted(set(levels)) or not all(0 < level < 1 for level in levels):
            raise ValueError("a pool needs at least one horizon, and rising levels between 0 and 1")
        self.levels = levels
        self._rounds = [_Rounds(levels) for _ in range(horizons)]

    @property
    def key(self) -> str:
        """Identifies the parameters of a stored state."""
        return f"conformal-{len(self._rounds)}-{'-'.join(map(str, self.levels))}-{RATE}-{MAX_WIDTH_RATIO:g}"

    def widths(self, horizon: int) -> tuple[float, ...]:
        """The half-width of each level's interval in sigmas, never smaller for a higher level."""
        return self._rounds[horizon - 1].rising

    def all_widths(self) -> list[tuple[float, ...]]:
        """The widths of every horizon, the shortest first."""
        return [rounds.rising for rounds in self._rounds]

    def interval(self, mean: float, sigma: float, horizon: int) -> dict[float, tuple[float, float]]:
        """Lower and upper bound of each level around the price `mean`; `sigma` is that of the log return over the
        horizon."""
        widths = zip(self.levels, self.widths(horizon), strict=True)
        return {level: bounds(mean, sigma, width) for level, width in widths}

    def learn(self, time: int, horizon: int, score: float) -> None:
        """Add a score that became known at `time`, the end of its bar in any integer unit.

        A score of a later time ends the round before it; a late score counts in the open round. Raises ValueError,
        without any change, if the score is negative or not finite.
        """
        if not 0.0 <= score < inf:
            raise ValueError(f"a score must be finite and not negative, not {score}")
        rounds = self._rounds[horizon - 1]
        if time > rounds.time:
            rounds.begin(time)
        rounds.scores += 1
        if score > rounds.narrowest:
            rounds.count_outside(score)

    def state(self) -> list[list[float]]:
        """The complete state for `restore()`, as finite numbers."""
        return [rounds.state() for rounds in self._rounds]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError if the state is not valid for this pool."""
        if len(state) != len(self._rounds):
            raise ValueError(f"the stored state does not fit {self.key}")
        for rounds, numbers in zip(self._rounds, state, strict=True):
            rounds.restore(numbers)


class _Rounds:
    """One horizon: its widths, and the time, number of scores and number outside each width of the open round.

    `rising` are the widths in use: never smaller for a higher level. `narrowest` is the smallest of them.
    """

    def __init__(self, levels: tuple[float, ...]) -> None:
        self._allowed = [1.0 - level for level in levels]
        self._normal = [NormalDist().inv_cdf((1.0 + level) / 2.0) for level in levels]
        self.time = self.scores = 0
        self._outside = [0] * len(levels)
        self._set(list(self._normal))

    def begin(self, time: int) -> None:
        """Update the widths with the round that ends, and start an empty one."""
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

    def count_outside(self, score: float) -> None:
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
            raise ValueError("the stored widths have other levels")
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
