"""How far back a value looks: over bars, over event time or over days of trading. Pure."""

from typing import Protocol

from analytics.indicators.series.sessions import SessionOf, day_of
from shared.market.records import Bar


class Span(Protocol):
    """A length, and the position of each bar on the scale of that length; both in its own unit.

    A span up to a bar reaches back from its position to `position - length`.
    """

    length: float

    def position(self, bar: Bar, /) -> float: ...
    def state(self) -> list[float]: ...
    def restore(self, state: list[float], /) -> None: ...


class CountedBars:
    """So many bars."""

    def __init__(self, bars: int) -> None:
        self.length = float(bars)
        self._seen = 0.0

    def position(self, _: Bar) -> float:
        """The number of the bar, from 1."""
        self._seen += 1
        return self._seen

    def state(self) -> list[float]:
        return [self._seen]

    def restore(self, state: list[float]) -> None:
        (self._seen,) = state


class EventTime:
    """So many seconds of event time, across nights and weekends too."""

    def __init__(self, seconds: int) -> None:
        self.length = float(seconds)

    def position(self, bar: Bar) -> float:
        """The end of the bar, in epoch seconds."""
        return float(bar.end)

    def state(self) -> list[float]:
        return []

    def restore(self, state: list[float]) -> None:
        """Nothing to restore: bars have their time."""


class TradingDays:
    """So many days of trading; days without any bar do not count."""

    def __init__(self, days: int, session_of: SessionOf) -> None:
        self.length = float(days)
        self._session_of = session_of
        self._day, self._days = -1.0, 0.0

    def position(self, bar: Bar) -> float:
        """The number of the bar's day, from 1."""
        day = day_of(self._session_of(bar))
        if day != self._day:
            self._day = day
            self._days += 1
        return self._days

    def state(self) -> list[float]:
        return [self._day, self._days]

    def restore(self, state: list[float]) -> None:
        self._day, self._days = state
