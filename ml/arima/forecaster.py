"""ARIMA forecasts of one symbol's closes in one interval, updated at every closed bar.

The series is the logarithm of the close: prices of any size are treated alike, intervals never reach below zero, and a
split only shifts the origin. Bars are consecutive as they were traded: a night or holiday between two bars is one step
like any other. A missing bar counts as not observed.

The model is the random walk until the first search has a result. It is the random walk again when a model's errors have
exceeded those of the random walk (`ml.arima.skill_monitor`), until the next result. This module gives no interval
widths: `ml.uncertainty.volatility` and `ml.uncertainty.conformal` estimate them better than a model with constant
deviation.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
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
"""The version of a forecast by the random walk."""

RETRY_FACTOR = 10
"""After a model was set aside, the next search is made after this many times `min_observations` bars, unless it is due
earlier, so that closes that no model fits are not searched all the time."""

GROWTH = 4
"""A young series is searched again once it is this many times as long, plus up to half its length so that symbols of
the same age are not all searched at once. Models from few closes improve quickly."""

UNMOVED = 1e-12
"""Changes of the logarithm up to this size count as rounding, such as after dividing an equal price by a split's
ratio."""

LONGEST_GAP = 100
"""Missing bars are counted up to this number. Longer gaps leave only the level, which the next close gives."""

LARGEST_EXPONENT = 700.0
"""The exponential of a larger number overflows."""

RANDOM_WALK_ORDER = (0, 1, 0)
"""The forecast of no change as an ARIMA model."""


@dataclass(frozen=True)
class ForecastSettings:
    """All counts are in bars. The first forecast and the first search come with close `min_observations`. The next
    searches come once there are four times as many closes, and at the latest every `search_every`; each uses the last
    `window` closes.

    A search takes effect `search_lag` bars after it was requested. A failed one is repeated after another
    `min_observations`. Raises ValueError if the settings are inconsistent.
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
            raise ValueError("min_observations must be at least 3 and at most the window")
        if min(self.steps, self.search_every, self.search_lag) < 1 or not 0.0 < self.confidence < 1.0:
            raise ValueError(
                "steps, search_every and search_lag must be at least 1, confidence between 0 and 1"
            )


class Warming(NamedTuple):
    """Not enough closes yet: `seen` of `needed`."""

    seen: int
    needed: int


class ArimaForecast(NamedTuple):
    """The forecast made at the close of bar `number`; `prices` are the medians of the next closes.

    `version` is the bar at which the search for its model was requested; `order` is that model's (p, d, q).
    """

    number: int
    order: tuple[int, int, int]
    version: int
    prices: list[float]


class Forecaster:
    """The forecasts of one symbol and interval. It runs no searches itself. For every bar, its owner

    1. passes the result of a search to `update` if `needs_result` requires it, and waits for the result if necessary;
    2. starts `search()` if `asked_at` then is the bar's number.

    After `restore()` the owner starts `search()` again if `asked_at` is not None. So the same closes give the same
    forecasts, however long a search takes and wherever the process was stopped.
    """

    def __init__(self, symbol: str, interval: Interval, settings: ForecastSettings) -> None:
        self._settings = settings
        # Symbols search at different bars; otherwise bars that close together would all wait for one worker.
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
        """Identifies the settings that a stored state must have been made with."""
        s, searched = self._settings, self._settings.search
        orders = f"{searched.max_p},{searched.max_d},{searched.max_q},{searched.season}"
        trusted = f"{HALF_LIFE},{MAX_ERROR_RATIO},{RETRY_FACTOR}"
        return f"arima-{s.min_observations}-{s.window}-{s.search_every}-{s.search_lag}-{orders}-{trusted}"

    def needs_result(self, number: int) -> bool:
        """Whether `update` of this bar needs the result of the search requested at `asked_at`."""
        return self.asked_at is not None and number >= self.asked_at + self._settings.search_lag

    def update(
        self, number: int, close: float, outcome: SearchOutcome | None = None
    ) -> ArimaForecast | Warming:
        """Add the close of a bar and forecast the next ones. Numbers increase by 1 per bar, by more if bars are
        missing.

        Raises ValueError, without any change, if the bar is not later than the last one, the close is not positive and
        finite, or a search result is missing or not due.
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
        """The input of the search requested at bar `asked_at`: the logarithms of the closes in its window up to that
        bar, without missing bars. Raises ValueError if no search was requested."""
        if self.asked_at is None:
            raise ValueError("no search was requested")
        logs = list(self._logs)
        return tuple(logs[: len(logs) - self._since_asked][-self._settings.window :])

    def refill(self, number: int, closes: Sequence[float]) -> None:
        """Before the first bar: start after closes without forecasts; the last of them is that of bar `number`. If they
        are enough for a forecast, a search over them is requested at once."""
        self._origin = log(closes[0])
        for close in closes:
            self._fold(number, log(close) - self._origin)
        if len(self._logs) >= self._settings.min_observations:
            self.asked_at, self._since_asked = number, 0

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: adjust all closes so far, up to rounding.

        Raises ValueError if the ratio is not positive and finite.
        """
        if not (isfinite(ratio) and ratio > 0):
            raise ValueError(f"a split's ratio must be positive and finite, not {ratio}")
        self._origin -= log(ratio)

    def state(self) -> dict[str, Any]:
        """The complete state for `restore`, JSON-compatible, including a pending search."""
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
        """Restore a stored state. Raises ValueError if it was made with other settings."""
        if state["key"] != self.key:
            raise ValueError(f"the stored state of {state['key']} does not fit {self.key}")
        self.number, self.version, self.asked_at = state["number"], state["version"], state["asked_at"]
        self._since_asked, self._next_search = state["since_asked"], state["next_search"]
        self._origin, self._unmoved = state["origin"], state["unmoved"]
        self._logs = deque(state["logs"], maxlen=self._max_closes)
        self._arima = _restored(state["arima"])
        self.version = RANDOM_WALK if self._arima is None else self.version
        self._skill_monitor.restore(state["trust"])

    def _check(self, number: int, close: float, outcome: SearchOutcome | None) -> None:
        if number <= self.number:
            raise ValueError(f"bar {number} is not later than bar {self.number}")
        if not 0.0 < close < inf:
            raise ValueError(f"a close must be positive and finite, not {close}")
        if (outcome is not None) != self.needs_result(number):
            raise ValueError(f"bar {number} needs a search result if and only if one is due")

    def _begin(self, close: float) -> float:
        """Set the origin to the logarithm of the first close."""
        self._origin = log(close)
        return 0.0

    def _take(self, outcome: SearchOutcome, asked_at: int) -> None:
        """Use the found model from here on; after a failed search, or if it can't follow the closes, the old one
        stays."""
        self.asked_at = None
        arima, monitor = self._followed(outcome)
        if arima is None:
            self._next_search = asked_at + self._settings.search_lag + self._settings.min_observations
            return
        self.version = asked_at
        effective = asked_at + self._settings.search_lag
        grown = GROWTH * asked_at + self._phase % (asked_at // 2 + 1)
        is_young = grown - asked_at < self._settings.search_every
        self._next_search = max(grown, effective) if is_young else self._after(effective)
        self._arima, self._skill_monitor = arima, monitor

    def _followed(self, outcome: SearchOutcome) -> tuple[Arima | None, SkillMonitor]:
        """The found model after the closes of the window, None if there is none or it overflows, and its skill."""
        arima, monitor = None, SkillMonitor()
        with suppress(ValueError):  # a model at the limit of stationarity
            arima = None if outcome.model is None else Arima(outcome.model)
        if arima is None:
            return None, monitor
        window = list(self._logs)[-self._settings.window :]
        arima.update(window[0])
        for before, value in pairwise(window):
            _learn(arima, monitor, before, value)
        return (arima if arima.is_finite else None), monitor

    def _set_aside(self) -> None:
        """Use the random walk until the next search has a result."""
        self._next_search = min(
            self._next_search, self.version + RETRY_FACTOR * self._settings.min_observations
        )
        self._arima, self.version = None, RANDOM_WALK

    def _after(self, number: int) -> int:
        """The first of this symbol's regular search bars from `number` on."""
        return number + (self._phase - number) % self._settings.search_every

    def _fold(self, number: int, value: float) -> None:
        if self._arima is not None:
            for _ in range(min(number - self.number - 1, LONGEST_GAP)):
                self._arima.skip()
            _learn(self._arima, self._skill_monitor, self._logs[-1], value)
            if not self._arima.is_finite:
                self._set_aside()
        logs = self._logs
        is_equal = bool(logs) and abs(value - logs[-1]) < UNMOVED
        self._unmoved = self._unmoved + 1 if is_equal else 0
        logs.append(value)
        self._since_asked += 1
        self.number = number

    def _forecast(self, close: float) -> ArimaForecast:
        steps, arima = self._settings.steps, self._arima
        if arima is None or self._unmoved >= len(self._logs) - 1:  # or all stored closes are equal
            return ArimaForecast(self.number, RANDOM_WALK_ORDER, RANDOM_WALK, [close] * steps)
        last = self._logs[-1]
        # A mean beyond the largest float is limited to it.
        prices = [
            min(close * exp(min(mean - last, LARGEST_EXPONENT)), float_info.max)
            for mean in arima.means(steps)
        ]
        return ArimaForecast(self.number, arima.model.order, self.version, prices)


def _learn(arima: Arima, monitor: SkillMonitor, before: float, value: float) -> None:
    """Compare the model's forecast with the value, then update the model."""
    if (expected := arima.next_mean) is not None:
        monitor.add(value - expected, value - before)
    arima.update(value)


def _restored(state: dict[str, Any] | None) -> Arima | None:
    """The model of a stored state. Earlier versions stored overflowed numbers, as null: then there is none."""
    return None if state is None or None in state["past"] else Arima.restored(state)
