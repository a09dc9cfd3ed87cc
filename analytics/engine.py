"""The fold over one partition of the log: records in, closed bars with indicators and alerts out.

Pure: the same records give the same events and the same state, wherever a batch was cut, live or replayed.
"""

from collections.abc import Iterable
from heapq import heappop, heappush
from typing import Any, NamedTuple

from analytics.bars import OpenBar, Slot, slot_of
from analytics.series import ClosedBar
from analytics.symbol_state import EngineSettings, Rebuilt, SymbolState, quote_of
from shared.market import INTERVAL_SECONDS, INTERVALS, Interval, Quote, Record, RecordedBar, RecordedInterval

MINUTE = 60
FILLED_BY: dict[RecordedInterval, tuple[Interval, ...]] = {
    **{interval: INTERVALS[place:] for place, interval in enumerate(INTERVALS)},
    "1s": ("1m",),
    "1m": ("1m",),
}
"""What a recorded bar fills at once, shortest first: minutes go on into the longer intervals when they close."""


def closed_until(watermark: float, grace: float) -> int:
    """Every bar that ends by then is closed, epoch seconds."""
    return max(0, int((watermark - grace) // MINUTE) * MINUTE)


class Event(NamedTuple):
    """A bar that closed, and the offset of the record that moved the watermark past its end."""

    offset: int
    closed: ClosedBar


class Due(NamedTuple):
    """When an open bar ends. Sorted as they are, bars close in order of time and minutes before what they fill."""

    end: int
    seconds: int
    symbol: str
    start: int
    interval: Interval


class Engine:
    """One partition. `changed` names the symbols touched since it was last cleared."""

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.symbols: dict[str, SymbolState] = {}
        self.changed: set[str] = set()
        self._due: list[Due] = []
        self._events: list[Event] = []
        self._watermark = 0.0
        self._closed_until = 0
        self._next_close = 0.0

    def fold(self, record: Record, offset: int) -> None:
        """Fold one record in; what it closed is in the next `take_events`."""
        if type(record) is Quote:
            self._fold_quote(record, offset)
        elif type(record) is RecordedBar:
            self._fold_bar(record, offset)
        else:
            self._advance(record.time.timestamp(), offset)  # type: ignore[union-attr]

    def take_events(self) -> list[Event]:
        """What closed since the last call, in order."""
        events, self._events = self._events, []
        return events

    def _fold_quote(self, quote: Quote, offset: int) -> None:
        time = quote.event_time.timestamp()
        if time >= self._next_close:
            self._advance(time, offset)
        symbol = quote.symbol
        state = self.symbols.get(symbol) or self._new_symbol(symbol, quote.exchange)
        self.changed.add(symbol)
        state.quotes += 1
        if time < self._closed_until:
            state.late += 1
            return
        if not state.accept(quote, time):
            return
        start = int(time) // MINUTE * MINUTE
        bar = state.minutes.get(start) or self._open_minute(state, quote, start, time)
        bar.add(quote.price, quote.size, time)

    def _fold_bar(self, record: RecordedBar, offset: int) -> None:
        """A recorded bar fills its own interval and every longer one; a shorter one than a minute, the minute."""
        start = int(record.start.timestamp())
        self._advance(start, offset)
        state = self.symbols.get(record.symbol) or self._new_symbol(record.symbol, record.exchange)
        self.changed.add(record.symbol)
        state.bars += 1
        intervals = FILLED_BY[record.interval]
        slot = slot_of(intervals[0], start, state.calendar)
        if slot is None or slot.end <= self._closed_until:
            state.late += slot is not None
            return
        piece = OpenBar.of_record(record, slot)
        if state.accept(quote_of(record, piece.end), piece.close_time):
            self._fill(state, piece, intervals, self._closed_until)

    def _new_symbol(self, symbol: str, exchange: str | None) -> SymbolState:
        state = self.symbols[symbol] = SymbolState(symbol, exchange, self.settings)
        return state

    def _open_minute(self, state: SymbolState, quote: Quote, start: int, time: float) -> OpenBar:
        slot = slot_of("1m", start, state.calendar)
        assert slot is not None, "only a day may have none"
        bar = state.minutes[start] = OpenBar(slot, quote.source, quote.price, time)
        heappush(self._due, Due(slot.end, MINUTE, state.symbol, start, "1m"))
        return bar

    def _merge(self, state: SymbolState, interval: Interval, slot: Slot, piece: OpenBar) -> None:
        if state.series[interval].merge(slot, piece):
            heappush(self._due, Due(slot.end, INTERVAL_SECONDS[interval], state.symbol, slot.start, interval))

    def _fill(self, state: SymbolState, piece: OpenBar, intervals: Iterable[Interval], after: int) -> None:
        """Fold a piece into the bars that end after `after`: a day may be closed before a recorded hour is."""
        for interval in intervals:
            slot = slot_of(interval, piece.start, state.calendar)
            if slot is not None and slot.end > after:
                self._merge(state, interval, slot, piece)

    def _advance(self, time: float, offset: int) -> None:
        """It is at least `time`: close what has ended, but for the grace."""
        if time <= self._watermark:
            return
        self._watermark = time
        grace = self.settings.grace
        self._closed_until = max(self._closed_until, closed_until(time, grace))
        self._next_close = self._closed_until + MINUTE + grace
        while self._due and self._due[0].end <= self._closed_until:
            self._close(heappop(self._due), offset)

    def _close(self, due: Due, offset: int) -> None:
        state = self.symbols[due.symbol]
        piece, closed = state.series[due.interval].close(due.start)
        self.changed.add(due.symbol)
        self._events.append(Event(offset, closed))
        if due.interval == "1m":
            self._fill(state, piece, INTERVALS[1:], piece.start)

    def under(self, settings: EngineSettings) -> "Engine":
        """The same engine, under other rules from here on. Raises SettingsChanged where the periods differ."""
        engine = Engine(settings)
        engine.restore(self.state(), {symbol: state.state() for symbol, state in self.symbols.items()})
        return engine

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps of the partition; that of each symbol is its own."""
        return {"watermark": self._watermark, "closed_until": self._closed_until}

    def restore(
        self, state: dict[str, Any], symbols: dict[str, dict[str, Any]], indicators: Rebuilt | None = None
    ) -> None:
        """Continue from a snapshot, but for `indicators` where they are given: they were made from the bars.

        Raises SettingsChanged where they are not given and the snapshot was made with other periods.
        """
        self.symbols = {
            symbol: SymbolState.restored(symbol, kept, self.settings, indicators)
            for symbol, kept in sorted(symbols.items())
        }
        self._due = [
            Due(bar.end, INTERVAL_SECONDS[interval], symbol, bar.start, interval)
            for symbol, kept in self.symbols.items()
            for interval, series in kept.series.items()
            for bar in series.open_bars.values()
        ]
        self._due.sort()
        self._watermark = state["watermark"]
        self._closed_until = state["closed_until"]
        self._next_close = self._closed_until + MINUTE + self.settings.grace
