"""What the thresholds of the settings mean, written down directly: zones of values, and rules that rest."""

from collections.abc import Iterator
from functools import lru_cache
from math import sqrt
from typing import Literal, NamedTuple

from analytics.alerts.threshold_rules import AlertSettings, ThresholdName
from analytics.alerts.thresholds import ReachedThreshold
from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from shared.calendars.calendars import DAY, SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Bar

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


Evaluated = tuple[ThresholdName, float, float, Zone]
"""A rule with its value, its threshold and the zone of the value."""


class PlainVolume(NamedTuple):
    """The mean `volume` at one time of day, over `days`."""

    days: int
    volume: float

    def with_day(self, volume: float) -> "PlainVolume":
        """Add a day: the mean of the first 20 days is plain; after that each new day has a weight of one twentieth."""
        days = min(self.days + 1, VOLUME_DAYS)
        return PlainVolume(days, self.volume + (volume - self.volume) / days)

    def split(self, ratio: float) -> "PlainVolume":
        """One share became `ratio` shares."""
        return PlainVolume(self.days, self.volume * ratio)


NO_VOLUME_YET = PlainVolume(0, 0.0)


class PlainThresholds:
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
        self._typical_volumes: dict[int, PlainVolume] = {}

    def update(self, bar: Bar, row: IndicatorRow) -> list[ReachedThreshold]:
        """The alerts of a bar that has just closed, with its indicators."""
        position = self._bar_of_session(bar)
        typical = self._typical_volumes.get(position, NO_VOLUME_YET)
        evaluated = self._evaluate(bar, row, typical)
        fired = [
            ReachedThreshold(rule, value, threshold)
            for rule, value, threshold, zone in evaluated
            if self._fires(rule, zone)
        ]
        self._last_close = bar.close
        self._typical_volumes[position] = typical.with_day(bar.volume)
        return fired

    def _bar_of_session(self, bar: Bar) -> int:
        """The number of this bar in its day, counted from the start of the session."""
        return _bar_of_session(bar.start, INTERVAL_SECONDS[bar.interval], self._calendar)

    def _evaluate(self, bar: Bar, row: IndicatorRow, typical: PlainVolume) -> Iterator[Evaluated]:
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

    def _fires(self, rule: ThresholdName, zone: Zone) -> bool:
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


@lru_cache(maxsize=1024)
def _bar_of_session(start: int, seconds: int, calendar: SessionCalendar) -> int:
    """Cached, because many symbols share it."""
    return (start - calendar.at(start).day_start) % DAY // seconds


def _zone(value: float, threshold: float, rearmed_below: float) -> Zone:
    if value >= threshold:
        return "reached"
    return "rearmed" if value < rearmed_below else "margin"


def _relative(rule: ThresholdName, value: float, threshold: float) -> Evaluated:
    return rule, value, threshold, _zone(abs(value), threshold, threshold * RELATIVE_MARGIN)
