"""The open bars of one symbol in all intervals: how they are filled, and in which order they close; and which symbols
have one that may end."""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from analytics.engine.bars import MINUTE, OpenBar, Slot, slot_filled_by, slot_of
from analytics.engine.series import BarSeries, ClosedBar
from shared.calendars.calendars import SessionCalendar
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Interval, Quote


class Due(NamedTuple):
    """When an open bar ends. In sorted order, bars close by time, and minutes before the longer bars that contain
    them."""

    end: int
    seconds: int
    start: int
    interval: Interval


class OpenBars:
    """The five series of a symbol. A minute contributes to the longer intervals when it closes.

    A bar that its source gave whole stays as given: shorter bars within it contribute neither to it nor to longer ones,
    because the whole bar itself already has.
    """

    def __init__(self, series: dict[Interval, BarSeries], calendar: SessionCalendar) -> None:
        self.series = series
        self._minutes = series["1m"]
        self._calendar = calendar
        self._due: list[Due] = []

    @property
    def next_end(self) -> int | None:
        """When the next bar ends, epoch seconds; None if none is open."""
        return self._due[0].end if self._due else None

    def minute(self, start: int) -> OpenBar | None:
        """The open minute that began at `start`, epoch seconds."""
        return self._minutes.open_bars.get(start)

    def has_ended(self, until: int) -> bool:
        """Whether an open bar ends by `until`."""
        return bool(self._due) and self._due[0].end <= until

    def open_minute(self, quote: Quote, start: int, time: float) -> OpenBar:
        """Open the minute of its first quote; `time` is the quote's event time."""
        slot = slot_of("1m", start, self._calendar)
        assert slot is not None, "only a day may have no slot"
        bar = self._minutes.open(slot, quote.source, quote.price, time)
        heappush(self._due, Due(slot.end, MINUTE, start, "1m"))
        return bar

    def open_without_price(self, quote: Quote, start: int) -> OpenBar:
        """Open the minute of a first quote that sets no price in it."""
        slot = slot_of("1m", start, self._calendar)
        assert slot is not None, "only a day may have no slot"
        bar = self._minutes.open_bars[start] = OpenBar.without_price(slot, quote.source)
        heappush(self._due, Due(slot.end, MINUTE, start, "1m"))
        return bar

    def has_begun(self, interval: Interval, slot: Slot) -> bool:
        """Whether this slot has a price already, if only in a minute that is still open."""
        bar = self.series[interval].open_bars.get(slot.start)
        return (bar is not None and bar.has_price) or any(
            slot.start <= start < slot.end and minute.has_price
            for start, minute in self._minutes.open_bars.items()
        )

    def complete_minute(self, slot: Slot, piece: OpenBar) -> bool:
        """Replace an open minute that was built from quotes by the whole minute of the source. Returns whether it was
        replaced.

        A live stream that starts or breaks within a minute has only a part of it.
        """
        bar = self.minute(slot.start)
        is_part = bar is not None and not bar.whole and bar.end == slot.end
        if is_part:
            self._minutes.begin(slot, piece)
        return is_part

    def fill(self, piece: OpenBar, intervals: Iterable[Interval], after: int) -> None:
        """Add a piece to the bars that end after `after`; a day may close before a recorded hour does."""
        for interval in intervals:
            slot = slot_filled_by(piece.start, piece.end, interval, self._calendar)
            if slot is None or slot.end <= after:
                continue
            bar = self.series[interval].open_bars.get(slot.start)
            if bar is None:
                self.series[interval].begin(slot, piece)
                heappush(self._due, Due(slot.end, INTERVAL_SECONDS[interval], slot.start, interval))
            elif bar.whole:
                return
            elif piece.whole and not bar.has_price and (piece.start, piece.end) == (bar.start, bar.end):
                self.series[interval].begin(slot, piece)  # it has the volume of the bar without a price too
            else:
                bar.merge(piece)

    def add_day(self, slot: Slot, piece: OpenBar) -> None:
        """Open the bar of a whole day for which the calendar has no session."""
        self.series["1d"].begin(slot, piece)
        heappush(self._due, Due(slot.end, INTERVAL_SECONDS["1d"], slot.start, "1d"))

    def close(self, until: int) -> list[ClosedBar]:
        """Close every bar that ends by `until`, in order."""
        closed: list[ClosedBar] = []
        ends = self._due
        while ends and ends[0].end <= until:
            due = heappop(ends)
            series = self.series[due.interval]
            if series.open_bars[due.start].has_price:
                piece, bar = series.close(due.start)
                closed.append(bar)
            else:
                piece = series.open_bars.pop(due.start)
            if due.interval == "1m":
                self.fill(piece, INTERVALS[1:], piece.start)
        return closed

    def split(self, ratio: float, time: float, effective: float) -> None:
        """One share became `ratio` shares: convert the open bars and the state of each series to new shares; the times
        are as in `BarSeries.split`."""
        for series in self.series.values():
            series.split(ratio, time, effective)

    def note_no_split(self) -> None:
        """There was no split yet, which the snapshot of an earlier version does not state."""
        for series in self.series.values():
            series.splits = []

    def newest(self, interval: Interval) -> OpenBar | None:
        """A copy of the newest open bar with a price, including the minutes that it will get when they close; None if
        there is none."""
        series = self.series[interval]
        opened = sorted(self._minutes.open_bars.items())
        minutes = [minute for _, minute in opened if self._will_fill(minute, interval)]
        for slot in self._newest_slots(series, minutes):
            view = self._view(series, slot, minutes)
            if view.has_price:
                return view
        return None

    def next_to_close(self, interval: Interval) -> OpenBar | None:
        """The newest open bar as `newest` returns it, if no older one of the interval is still open."""
        newest = self.newest(interval)
        if newest is None:
            return None
        starts = (*self._minutes.open_bars, *self.series[interval].open_bars)
        return newest if min(starts) >= newest.start else None

    def _view(self, series: BarSeries, slot: Slot, minutes: list[OpenBar]) -> OpenBar:
        pieces = [series.open_bars[slot.start]] if slot.start in series.open_bars else []
        if series.interval != "1m" and not series.is_whole(slot.start):
            pieces += [minute for minute in minutes if slot.start <= minute.start < slot.end]
        first, *others = pieces
        view = OpenBar.restored(first.state())
        view.start, view.end, view.session = slot
        for piece in others:
            view.merge(piece)
        return view

    def _newest_slots(self, series: BarSeries, minutes: list[OpenBar]) -> list[Slot]:
        """The slots of open bars, the newest first."""
        filled = (slot_of(series.interval, minute.start, self._calendar) for minute in minutes)
        open_ = (Slot(bar.start, bar.end, bar.session) for bar in series.open_bars.values())
        return sorted({slot for slot in (*filled, *open_) if slot is not None}, reverse=True)

    def _will_fill(self, minute: OpenBar, interval: Interval) -> bool:
        """Whether a minute will contribute to this interval when it closes, that is, whether no whole bar prevents
        it."""
        way = INTERVALS[1 : INTERVALS.index(interval) + 1]
        slots = ((step, slot_of(step, minute.start, self._calendar)) for step in way)
        return not any(slot is not None and self.series[step].is_whole(slot.start) for step, slot in slots)

    def state(self) -> dict[str, Any]:
        """The state for a snapshot, by interval."""
        return {interval: series.state() for interval, series in self.series.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a snapshot. Raises SettingsChanged if it was made with other indicators."""
        for interval, series in self.series.items():
            series.restore(state[interval])
        self._due = [
            Due(bar.end, INTERVAL_SECONDS[interval], bar.start, interval)
            for interval, series in self.series.items()
            for bar in series.open_bars.values()
        ]
        heapify(self._due)


class BarDeadlines:
    """For each symbol with an open bar, a time in epoch seconds before which none of its bars ends: a time mark for a
    whole partition need not look at every symbol.

    There is one entry per symbol, however many bars it opens and closes. The entry may be older than the next end; the
    symbol is then noted again after `take`.
    """

    def __init__(self) -> None:
        self._ends: dict[str, int] = {}
        self._symbols: dict[int, set[str]] = {}

    def note(self, symbol: str, end: int) -> None:
        """The symbol has an open bar; its next one ends at `end`."""
        noted = self._ends.get(symbol)
        if noted is not None:
            if noted <= end:
                return
            together = self._symbols[noted]
            together.remove(symbol)
            if not together:
                del self._symbols[noted]
        self._ends[symbol] = end
        self._symbols.setdefault(end, set()).add(symbol)

    def take(self, until: int) -> list[str]:
        """Remove and return the symbols with a bar that may end by `until`, sorted by name."""
        ends = [end for end in self._symbols if end <= until]
        symbols = sorted(symbol for end in ends for symbol in self._symbols.pop(end))
        for symbol in symbols:
            del self._ends[symbol]
        return symbols
