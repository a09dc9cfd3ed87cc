"""Everything the engine knows of one symbol: its last quote, its counts and its five series."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from analytics.alerts import AlertSettings
from analytics.bars import OpenBar, Slot, slot_of
from analytics.indicator_set import IndicatorRow, IndicatorSet, IndicatorSettings, LiveCloses
from analytics.series import Series
from shared.calendars import calendar_of, periods_per_year
from shared.market import INTERVAL_SECONDS, INTERVALS, Bar, Interval, Quote, RecordedBar

Rebuilt = dict[tuple[str, Interval], IndicatorSet]
"""Indicators by symbol and interval, made anew from closed bars."""

EXTREME_FACTOR = 10.0
"""A price over ten times above or below the one before is set aside until a second one confirms it."""


@dataclass(frozen=True)
class LiveEvery:
    """The live value of an indicator is made anew at every so many quotes of its symbol."""

    rsi: int = 1
    sma: int = 1
    ema: int = 1
    bollinger: int = 5
    macd: int = 1
    volatility: int = 5


@dataclass(frozen=True)
class EngineSettings:
    """What the engine's numbers depend on. `grace` is how long a minute waits for stragglers, in seconds."""

    indicators: IndicatorSettings = field(default_factory=IndicatorSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    live_every: LiveEvery = field(default_factory=LiveEvery)
    grace: float = 2.0
    skip_extreme: bool = True


class LiveBar(NamedTuple):
    """The bar that is open now, and its indicators as if it closed now; `seen` of `warm_after` bars are in."""

    bar: Bar
    indicators: IndicatorRow
    seen: int
    warm_after: int


class SymbolState:
    """What was folded of one symbol. `exchange` is that of its first record; it fixes the periods per year.

    `quotes` and `bars` count what came, recorded bars apart from quotes; `late` and `extreme` those of both that
    entered no bar.
    """

    def __init__(self, symbol: str, exchange: str | None, settings: EngineSettings) -> None:
        self.symbol, self.exchange = symbol, exchange
        self._settings = settings
        self.calendar = calendar_of(exchange)
        self.series = {interval: self._new_series(interval) for interval in INTERVALS}
        self.minutes = self.series["1m"].open_bars
        self.last: Quote | None = None
        self.last_time = 0.0
        self.quotes = self.bars = self.late = self.extreme = 0
        # The latest price that was not set aside, whatever its time: a new level may be confirmed by an old quote.
        self._accepted: float | None = None
        self._suspect: float | None = None
        every = settings.live_every
        self._marks: dict[int, tuple[float, float]] = {}
        self._marked = sorted({*vars(every).values()} - {1})

    def _new_series(self, interval: Interval) -> Series:
        periods = periods_per_year(self.calendar, INTERVAL_SECONDS[interval])
        return Series(self.symbol, interval, periods, self._settings.indicators, self._settings.alerts)

    def accept(self, quote: Quote, time: float) -> bool:
        """Take note of a quote that is not late; False where its price is set aside as extreme."""
        price = quote.price
        before = self._accepted
        if before is not None and self._settings.skip_extreme and self._is_extreme(price, before):
            return False
        self._accepted = price
        if time >= self.last_time:
            self.last, self.last_time = quote, time
        for every in self._marked:
            if (self.quotes + self.bars) % every == 0:
                self._marks[every] = (time, price)
        return True

    def _is_extreme(self, price: float, before: float) -> bool:
        if before / EXTREME_FACTOR <= price <= before * EXTREME_FACTOR:
            self._suspect = None
            return False
        suspect, self._suspect = self._suspect, price
        confirmed = suspect is not None and suspect / EXTREME_FACTOR <= price <= suspect * EXTREME_FACTOR
        if confirmed:
            self._suspect = None
        else:
            self.extreme += 1
        return not confirmed

    def live(self) -> list[LiveBar]:
        """The open bar of every interval that has one, longest minutes first merged in."""
        minutes = sorted(self.minutes.values(), key=lambda bar: bar.start)
        found = ((series, self._open_bar(series, minutes)) for series in self.series.values())
        return [self._live_bar(series, bar) for series, bar in found if bar is not None]

    def _open_bar(self, series: Series, minutes: list[OpenBar]) -> OpenBar | None:
        """A copy of the newest open bar, with the minutes that it will get when they close."""
        slot = self._newest_slot(series, minutes)
        if slot is None:
            return None
        pieces = [series.open_bars[slot.start]] if slot.start in series.open_bars else []
        if series.interval != "1m":
            pieces += [minute for minute in minutes if slot.start <= minute.start < slot.end]
        first, *others = pieces
        view = OpenBar.restored(first.state())
        view.start, view.end, view.session = slot
        for piece in others:
            view.merge(piece)
        return view

    def _newest_slot(self, series: Series, minutes: list[OpenBar]) -> Slot | None:
        filled = (slot_of(series.interval, minute.start, self.calendar) for minute in minutes)
        open_ = (Slot(bar.start, bar.end, bar.session) for bar in series.open_bars.values())
        return max((slot for slot in (*filled, *open_) if slot is not None), default=None)

    def _live_bar(self, series: Series, bar: OpenBar) -> LiveBar:
        every = self._settings.live_every
        closes = LiveCloses(**{name: self._live_close(n, bar) for name, n in vars(every).items()})
        indicators = series.indicators
        row = indicators.preview(closes)
        return LiveBar(bar.bar(self.symbol, series.interval), row, indicators.seen, indicators.warm_after)

    def _live_close(self, every: int, bar: OpenBar) -> float:
        """The price at the last quote that counts for this frequency; the bar's first where none came yet."""
        if every == 1:
            return bar.close
        time, price = self._marks.get(every, (0.0, 0.0))
        if time >= bar.end:
            return bar.close
        return price if time >= bar.start else bar.open

    def session_at_last(self) -> str:
        """The exchange's session when the last quote came."""
        return self.calendar.at(int(self.last_time)).name

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps."""
        return {
            "exchange": self.exchange,
            "last": msgspec.to_builtins(self.last),
            "last_time": self.last_time,
            "counts": [self.quotes, self.bars, self.late, self.extreme],
            "accepted": self._accepted,
            "suspect": self._suspect,
            "marks": [[every, *mark] for every, mark in sorted(self._marks.items())],
            "series": {interval: series.state() for interval, series in self.series.items()},
        }

    @classmethod
    def restored(
        cls, symbol: str, state: dict[str, Any], settings: EngineSettings, indicators: Rebuilt | None = None
    ) -> "SymbolState":
        """The state of a snapshot, but for `indicators` where they are given: they were made from the bars.

        Raises SettingsChanged where they are not given and the snapshot was made with other periods.
        """
        self = cls(symbol, state["exchange"], settings)
        self.last = msgspec.convert(state["last"], Quote | None)
        self.last_time = state["last_time"]
        self.quotes, self.bars, self.late, self.extreme = state["counts"]
        self._accepted = state["accepted"]
        self._suspect = state["suspect"]
        self._marks = {every: (time, price) for every, time, price in state["marks"] if every in self._marked}
        for interval, series in self.series.items():
            series.restore(
                state["series"][interval], None if indicators is None else indicators[symbol, interval]
            )
        self.minutes = self.series["1m"].open_bars
        return self


def quote_of(record: RecordedBar, end: int) -> Quote:
    """The close of a recorded bar that ends at `end`, epoch seconds, as the last quote of its symbol."""
    return Quote(
        symbol=record.symbol,
        event_time=min(datetime.fromtimestamp(end, UTC), record.received_time),
        price=record.close,
        source=record.source,
        position=record.position,
        received_time=record.received_time,
        currency=record.currency,
        exchange=record.exchange,
    )
