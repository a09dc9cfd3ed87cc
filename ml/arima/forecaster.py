"""What is to be expected of one symbol's closes at one interval, told anew at every closed bar.

The series is the logarithm of the close: a price of 0.00001 and one of 70,000 are alike, an interval never reaches
below zero, and a split only moves the logarithms' origin. Bars follow one another as they were traded: a night or a
holiday between two bars is a step like any other. A bar that is missing counts as not observed.

Until the first search has its result, the model is the random walk, and again from where a model has been further off
than it for a while (`ml.arima.skill_monitor`) until the next search has its own. How far a close may lie from what is
expected is not told here: `ml.uncertainty.volatility` and `ml.uncertainty.conformal` know better than a model whose
deviation never changes.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import exp, inf, isfinite, log
from sys import float_info
from typing import Any, NamedTuple
from zlib import crc32

from ml.arima.arima import Arima
from ml.arima.search import SearchOutcome, SearchSettings, Series
from ml.arima.skill_monitor import HALF_LIFE, MAX_ERROR_RATIO, SkillMonitor
from shared.market.records import Interval

RANDOM_WALK = 0
"""The version of a forecast that no search had a part in."""

RETRY_FACTOR = 10
"""Behind a search whose model is set aside, the next one is made after so many times `min_observations` bars, if it is
not due sooner: closes that no model fits must not be searched all the time."""

GROWTH = 4
"""A young series is searched again once it is so many times as long, and up to half as much longer where others of its
age would all be searched at once: what few closes told is soon found out better."""

UNMOVED = 1e-12
"""A change of the logarithm that is no more than what dividing by a split's ratio leaves of an equal price."""

LONGEST_GAP = 100
"""So many missing bars are counted. After them all but the last level is forgotten, which the next close tells."""

LARGEST_EXPONENT = 700.0
"""The exponential of more is no float; so high a price says nothing anyway."""

RANDOM_WALK_ORDER = (0, 1, 0)
"""Saying that the close stays is an ARIMA model too."""


@dataclass(frozen=True)
class ForecastSettings:
    """All counts are in bars. The first forecast comes with close `min_observations`, and so does the first search;
    the next ones come once there are four times as many, and at the latest every `search_every`; each over the last
    `window` closes.

    A search takes effect `search_lag` bars after it was asked for. A failed one is repeated after another
    `min_observations`. Raises ValueError where these don't fit together.
    """

    min_observations: int = 50
    steps: int = 5
    confidence: float = 0.95
    window: int = 500
    search_every: int = 1000
    search_lag: int = 5
    search: SearchSettings = field(default_factory=SearchSettings)

    def __post_init__(self) -> None:
        if not 3 <= self.min_observations <= self.window:
            raise ValueError("a forecast needs at least 3 closes, and a window that holds them")
        if min(self.steps, self.search_every, self.search_lag) < 1 or not 0.0 < self.confidence < 1.0:
            raise ValueError("steps and searches count from 1, the confidence lies between 0 and 1")


class Warming(NamedTuple):
    """Not enough closes yet: `seen` of `needed`."""

    seen: int
    needed: int


class ArimaForecast(NamedTuple):
    """Made at the close of bar `number`: `prices` are as likely to be exceeded as not by the closes that follow it.

    `version` is the bar at which the search for its model was asked for, `order` is that model's (p, d, q).
    """

    number: int
    order: tuple[int, int, int]
    version: int
    prices: list[float]


class Forecaster:
    """The forecasts of one symbol and interval. It does not search; for every bar its owner

    1. gives `update` the result of a search where `needs_result` says so, and waits for it if it must;
    2. asks for `search()` where `asked_at` is the bar's number after that.

    After `restore()` the owner asks for `search()` again where `asked_at` is not None. So the same closes give the
    same forecasts, however long a search takes and wherever the process was stopped.
    """

    def __init__(self, symbol: str, interval: Interval, settings: ForecastSettings) -> None:
        self._settings = settings
        # Symbols search at different bars: those that close together would all wait for one worker.
        self._phase = crc32(f"{symbol} {interval}".encode()) % settings.search_every
        self._max_closes = settings.window + settings.search_lag
        self._logs: deque[float] = deque(maxlen=self._max_closes)
        self._origin = 0.0
        self._unmoved = 0
        self._since_asked = 0
        self._next_search = 0
        self._arima: Arima | None = None
        self._skill_monitor = SkillMonitor()
        self.number = -1
        self.version = RANDOM_WALK
        self.asked_at: int | None = None

    @property
    def key(self) -> str:
        """What a stored state must have been made with."""
        s, searched = self._settings, self._settings.search
        orders = f"{searched.max_p},{searched.max_d},{searched.max_q},{searched.season}"
        trusted = f"{HALF_LIFE},{MAX_ERROR_RATIO},{RETRY_FACTOR}"
        return f"arima-{s.min_observations}-{s.window}-{s.search_every}-{s.search_lag}-{orders}-{trusted}"

    def needs_result(self, number: int) -> bool:
        """Whether `update` of this bar must be given the result of the search asked for at `asked_at`."""
        return self.asked_at is not None and number >= self.asked_at + self._settings.search_lag

    def update(
        self, number: int, close: float, outcome: SearchOutcome | None = None
    ) -> ArimaForecast | Warming:
        """Fold in the close of a bar and say what follows. Numbers rise by 1 a bar, by more where bars are missing.

        Raises ValueError, and changes nothing, where the bar is not later than the last one, the close is not a
        positive finite number, or an outcome is missing or was not due.
        """
        self._check(number, close, outcome)
        if outcome is not None and self.asked_at is not None:
            self._take(outcome, self.asked_at)
        self._fold(number, log(close) - self._origin if self._logs else self._begin(close))
        if self._arima is not None and self._skill_monitor.has_lost_skill:
            self._set_aside()
        if len(self._logs) < self._settings.min_observations:
            return Warming(len(self._logs), self._settings.min_observations)
        if self.asked_at is None and number >= self._next_search:
            self.asked_at, self._since_asked = number, 0
        return self._forecast(close)

    def search(self) -> Series:
        """The series of the search asked for at bar `asked_at`: the closes of its window up to that bar, as logarithms;
        what bars are missing is left out. Raises ValueError where no search was asked for."""
        if self.asked_at is None:
            raise ValueError("no search was asked for")
        logs = list(self._logs)
        return tuple(logs[: len(logs) - self._since_asked][-self._settings.window :])

    def refill(self, number: int, closes: Sequence[float]) -> None:
        """Before the first bar: begin behind closes that nobody forecast, the last of them that of bar `number`. Where
        they are enough for a forecast, a search over them is asked for at once."""
        self._origin = log(closes[0])
        for close in closes:
            self._fold(number, log(close) - self._origin)
        if len(self._logs) >= self._settings.min_observations:
            self.asked_at, self._since_asked = number, 0

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: goes on as if every close so far had been divided by it, but for rounding.

        Raises ValueError where the ratio is not a positive finite number.
        """
        if not (isfinite(ratio) and ratio > 0):
            raise ValueError(f"a split's ratio is positive, not {ratio}")
        self._origin -= log(ratio)

    def state(self) -> dict[str, Any]:
        """All that `restore` needs to go on bit for bit, as JSON carries it; a pending search is named in it."""
        return {
            "key": self.key,
            "number": self.number,
            "version": self.version,
            "asked_at": self.asked_at,
            "since_asked": self._since_asked,
            "next_search": self._next_search,
            "origin": self._origin,
            "unmoved": self._unmoved,
            "logs": list(self._logs),
            "arima": None if self._arima is None else self._arima.state(),
            "trust": self._skill_monitor.state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a stored state. Raises ValueError where it was made with other settings."""
        if state["key"] != self.key:
            raise ValueError(f"the stored state of {state['key']} does not fit {self.key}")
        self.number, self.version, self.asked_at = state["number"], state["version"], state["asked_at"]
        self._since_asked, self._next_search = state["since_asked"], state["next_search"]
        self._origin, self._unmoved = state["origin"], state["unmoved"]
        self._logs = deque(state["logs"], maxlen=self._max_closes)
        self._arima = None if state["arima"] is None else Arima.restored(state["arima"])
        self._skill_monitor.restore(state["trust"])

    def _check(self, number: int, close: float, outcome: SearchOutcome | None) -> None:
        if number <= self.number:
            raise ValueError(f"bar {number} is not later than bar {self.number}")
        if not 0.0 < close < inf:
            raise ValueError(f"a close is a positive number, not {close}")
        if (outcome is not None) != self.needs_result(number):
            raise ValueError(f"bar {number} must come with a search's result where one is due, else without")

    def _begin(self, close: float) -> float:
        """The first close is the logarithms' origin."""
        self._origin = log(close)
        return 0.0

    def _take(self, outcome: SearchOutcome, asked_at: int) -> None:
        """From here on the found model forecasts, after the closes of its window; a failure leaves the old one."""
        self.asked_at = None
        if outcome.model is None:
            self._next_search = asked_at + self._settings.search_lag + self._settings.min_observations
            return
        self.version = asked_at
        effective = asked_at + self._settings.search_lag
        grown = GROWTH * asked_at + self._phase % (asked_at // 2 + 1)
        is_young = grown - asked_at < self._settings.search_every
        self._next_search = max(grown, effective) if is_young else self._after(effective)
        self._arima, self._skill_monitor = Arima(outcome.model), SkillMonitor()
        window = list(self._logs)[-self._settings.window :]
        self._arima.update(window[0])
        for before, value in pairwise(window):
            self._learn(self._arima, before, value)

    def _set_aside(self) -> None:
        """The random walk speaks until the next search has its result."""
        self._next_search = min(
            self._next_search, self.version + RETRY_FACTOR * self._settings.min_observations
        )
        self._arima, self.version = None, RANDOM_WALK

    def _after(self, number: int) -> int:
        """The first of this symbol's own search bars from `number` on."""
        return number + (self._phase - number) % self._settings.search_every

    def _fold(self, number: int, value: float) -> None:
        if self._arima is not None:
            for _ in range(min(number - self.number - 1, LONGEST_GAP)):
                self._arima.skip()
            self._learn(self._arima, self._logs[-1], value)
        logs = self._logs
        is_equal = bool(logs) and abs(value - logs[-1]) < UNMOVED
        self._unmoved = self._unmoved + 1 if is_equal else 0
        logs.append(value)
        self._since_asked += 1
        self.number = number

    def _learn(self, arima: Arima, before: float, value: float) -> None:
        """Weigh what the model expected of this value, and tell it."""
        if arima.started:
            self._skill_monitor.add(value - arima.means(1)[0], value - before)
        arima.update(value)

    def _forecast(self, close: float) -> ArimaForecast:
        # Where every close kept is the same, there is nothing that a model could have to say.
        steps, arima = self._settings.steps, self._arima
        if arima is None or self._unmoved >= len(self._logs) - 1:
            return ArimaForecast(self.number, RANDOM_WALK_ORDER, RANDOM_WALK, [close] * steps)
        last = self._logs[-1]
        # A mean so far off that it is no float any more stays the largest one.
        prices = [
            min(close * exp(min(mean - last, LARGEST_EXPONENT)), float_info.max)
            for mean in arima.means(steps)
        ]
        return ArimaForecast(self.number, arima.model.order, self.version, prices)
