"""Threshold rules on closed bars, with hysteresis: a rule fires once, and again only after it was rearmed.

A rule fires when its value reaches the threshold. It is rearmed when the value has returned by a margin, so that a
value that fluctuates around the threshold raises one alert and not many.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Any, Literal, NamedTuple

from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from shared.calendars.calendars import DAY, SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Bar, Interval

Rule = Literal["rsi_overbought", "rsi_oversold", "price_change", "volume_change", "volatility"]

Zone = Literal["reached", "margin", "rearmed"]
"""The zone of a value: at or beyond its threshold, in the margin below it, or below the margin, where the rule is
rearmed."""

RSI, VOLATILITY = COLUMN_PLACES["rsi"], COLUMN_PLACES["volatility"]
RSI_MARGIN = 5.0
"""An RSI rule is rearmed 5 points inside its threshold."""
RELATIVE_MARGIN = 0.9
"""Every other rule is rearmed below 90 % of its threshold."""
VOLUME_DAYS = 20
"""A bar's volume is compared with the mean of this many days at the same time of day; older days have decreasing
weight."""
MIN_VOLUME_DAYS = 5
"""Below this number of days at a time of day, the typical volume is unknown."""


@dataclass(frozen=True)
class AlertSettings:
    """Thresholds: RSI in points; changes and volatility as fractions; volume as a multiple of its mean."""

    rsi_overbought: float = 70.0
    rsi_oversold: float = 30.0
    volatility: float = 0.05
    price_change: float = 0.05
    volume_change: float = 2.0
    intervals: tuple[Interval, ...] = ("5m", "1h", "1d")


class Alert(NamedTuple):
    """A rule that fired at the close of a bar. `value` and `threshold` are in the rule's own unit."""

    rule: Rule
    value: float
    threshold: float


Judged = tuple[Rule, float, float, Zone]
"""A rule with its value, its threshold and the zone of the value."""


class TypicalVolume(NamedTuple):
    """The mean `volume` at one time of day, over `days`."""

    days: int
    volume: float

    def with_day(self, volume: float) -> "TypicalVolume":
        """Add a day: the mean of the first 20 days is plain; after that each new day has a weight of one twentieth."""
        days = min(self.days + 1, VOLUME_DAYS)
        return TypicalVolume(days, self.volume + (volume - self.volume) / days)

    def split(self, ratio: float) -> "TypicalVolume":
        """One share became `ratio` shares."""
        return TypicalVolume(self.days, self.volume * ratio)


NO_VOLUME_YET = TypicalVolume(0, 0.0)


class AlertRules:
    """The rules of one symbol and interval. `periods_per_year` converts annualised volatility to that of one bar.

    `calendar` gives the start of the session: a volume is compared with those of other days at the same distance from
    it.
    """

    def __init__(self, settings: AlertSettings, periods_per_year: float, calendar: SessionCalendar) -> None:
        self._settings = settings
        self._bar_volatility = 1 / sqrt(periods_per_year)
        self._calendar = calendar
        self._fired: set[str] = set()
        self._last_close: float | None = None
        self._typical_volumes: dict[int, TypicalVolume] = {}

    def update(self, bar: Bar, row: IndicatorRow) -> list[Alert]:
        """The alerts of a bar that has just closed, with its indicators."""
        position = self._bar_of_session(bar)
        typical = self._typical_volumes.get(position, NO_VOLUME_YET)
        judged = self._judge(bar, row, typical)
        fired = [
            Alert(rule, value, threshold)
            for rule, value, threshold, zone in judged
            if self._fires(rule, zone)
        ]
        self._last_close = bar.close
        self._typical_volumes[position] = typical.with_day(bar.volume)
        return fired

    def _bar_of_session(self, bar: Bar) -> int:
        """The number of this bar in its day, counted from the start of the session."""
        return _bar_of_session(bar.start, INTERVAL_SECONDS[bar.interval], self._calendar)

    def _judge(self, bar: Bar, row: IndicatorRow, typical: TypicalVolume) -> Iterator[Judged]:
        """Each rule that has a value. Hardly one raises an alert, which is made only then."""
        limits, rsi, volatility = self._settings, row[RSI], row[VOLATILITY]
        if rsi is not None:
            over, under = limits.rsi_overbought, limits.rsi_oversold
            yield "rsi_overbought", rsi, over, _zone(rsi, over, over - RSI_MARGIN)
            yield "rsi_oversold", rsi, under, _zone(-rsi, -under, -under - RSI_MARGIN)
        if self._last_close is not None:
            change = bar.close / self._last_close - 1
            yield _relative("price_change", change, limits.price_change)
        if typical.days >= MIN_VOLUME_DAYS and typical.volume > 0:
            yield _relative("volume_change", bar.volume / typical.volume, limits.volume_change)
        if volatility is not None:
            yield _relative("volatility", volatility * self._bar_volatility, limits.volatility)

    def _fires(self, rule: Rule, zone: Zone) -> bool:
        if zone == "rearmed":
            self._fired.discard(rule)
        if zone != "reached" or rule in self._fired:
            return False
        self._fired.add(rule)
        return True

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares. Exact, because rules use only ratios of closes and of volumes."""
        if self._last_close is not None:
            self._last_close /= ratio
        self._typical_volumes = {
            position: typical.split(ratio) for position, typical in self._typical_volumes.items()
        }

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        typical = [[position, *typical] for position, typical in sorted(self._typical_volumes.items())]
        return {"resting": sorted(self._fired), "close": self._last_close, "usual": typical}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a snapshot. If thresholds have changed, rules that fired stay disarmed until they are rearmed."""
        self._fired = set(state["resting"])
        self._last_close = state["close"]
        self._typical_volumes = {
            position: TypicalVolume(days, volume) for position, days, volume in state["usual"]
        }


@lru_cache(maxsize=1024)
def _bar_of_session(start: int, seconds: int, calendar: SessionCalendar) -> int:
    """Cached, because many symbols share it."""
    return (start - calendar.at(start).day_start) % DAY // seconds


def _zone(value: float, threshold: float, rearmed_below: float) -> Zone:
    if value >= threshold:
        return "reached"
    return "rearmed" if value < rearmed_below else "margin"


def _relative(rule: Rule, value: float, threshold: float) -> Judged:
    return rule, value, threshold, _zone(abs(value), threshold, threshold * RELATIVE_MARGIN)
