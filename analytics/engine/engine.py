"""The fold over one partition of the log: records in, closed bars with indicators, alerts and forecasts out.

Pure: the same records give the same events and the same state, wherever a batch was cut, live or replayed.

Time is each symbol's own. A symbol's records and the marks that name it say how late it is for that symbol and for
no other; a mark without a symbol says it for all. So a symbol that comes later is given its past in peace, and a
source that lags holds up nobody else's bars.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from analytics.engine.bars import MINUTE, OpenBar, slot_of
from analytics.engine.closing_price import REGULAR, counted_at
from analytics.engine.deadlines import BarDeadlines
from analytics.engine.series import ClosedBar
from analytics.engine.special_days import take_special_day
from analytics.engine.split_check import SettledAction
from analytics.engine.symbol_state import EngineSettings, Rebuilt, SymbolState, quote_of
from analytics.forecasting.forecast_events import ForecastStep, PastBar
from analytics.forecasting.forecasts import (
    NO_TRAINED_MODELS,
    NoSearches,
    Pools,
    Searches,
    SeriesForecasts,
    Trained,
    pools_of,
    restore_pools,
)
from shared.market.records import (
    INTERVAL_SECONDS,
    INTERVALS,
    CorporateAction,
    Interval,
    Quote,
    Record,
    RecordedBar,
    RecordedInterval,
    TimeMark,
)

FILLED_BY: dict[RecordedInterval, tuple[Interval, ...]] = {
    **{interval: INTERVALS[place:] for place, interval in enumerate(INTERVALS)},
    "1s": ("1m",),
    "1m": ("1m",),
}
"""What a recorded bar fills at once, shortest first: minutes go on into the longer intervals when they close."""


NO_SEARCHES = NoSearches()


def closed_until(time: float, grace: float) -> int:
    """Every bar that ends by then is closed once it is `time`; epoch seconds."""
    return max(0, int((time - grace) // MINUTE) * MINUTE)


PastBars = dict[tuple[str, Interval], list[PastBar]]
"""Closed bars by symbol and interval, in order."""


class Event(NamedTuple):
    """A bar that closed, the offset of the record that moved its symbol's time past its end, and what that says of
    the bars to come, where they are forecast."""

    offset: int
    closed: ClosedBar
    step: ForecastStep | None


def _order(closed: ClosedBar) -> tuple[int, int, str]:
    """Bars of many symbols close in order of time, and minutes before what they fill."""
    bar = closed.bar
    return bar.end, INTERVAL_SECONDS[bar.interval], bar.symbol


class Engine:
    """One partition. `changed` names the symbols touched since it was last cleared."""

    def __init__(self, settings: EngineSettings, searches: Searches = NO_SEARCHES) -> None:
        self.settings = settings
        self._searches = searches
        self._pools: dict[Interval, Pools] = {
            interval: pools_of(each) for interval, each in settings.forecasts.items()
        }
        self._trained: dict[Interval, Trained] = {}
        self.symbols: dict[str, SymbolState] = {}
        self.changed: set[str] = set()
        self._deadlines = BarDeadlines()
        self._events: list[Event] = []
        # Symbols with a split that waits, or with actions that were not taken yet.
        self._unsettled: set[str] = set()
        self._closed_until = 0

    def fold(self, record: Record, offset: int) -> None:
        """Fold one record in; what it closed is in the next `take_events`."""
        if type(record) is Quote:
            self._fold_quote(record, offset)
        elif isinstance(record, RecordedBar):
            self._fold_bar(record, offset)
        elif isinstance(record, CorporateAction):
            self._fold_action(record, offset)
        elif isinstance(record, TimeMark):
            self._fold_mark(record, offset)

    def serve(self, interval: Interval, trained: Trained) -> None:
        """From the next record on these trained models forecast the bars of an interval, and no others."""
        self._trained[interval] = trained

    def take_events(self) -> list[Event]:
        """What closed since the last call, in order."""
        events, self._events = self._events, []
        return events

    def take_actions(self) -> list[SettledAction]:
        """The splits and dividends that hold since the last call, and splits that were set aside."""
        actions: list[SettledAction] = []
        for symbol in sorted(self._unsettled):
            state = self.symbols[symbol]
            actions += state.settled
            state.settled = []
            if state.splits.waiting is None:
                self._unsettled.discard(symbol)
        return actions

    def _fold_quote(self, quote: Quote, offset: int) -> None:
        time, symbol = quote.event_time.timestamp(), quote.symbol
        state = self.symbols.get(symbol) or self._new_symbol(symbol, quote.exchange)
        self.changed.add(symbol)
        at, start = time, int(time) // MINUTE * MINUTE
        bar = state.minutes.get(start)
        if quote.session == REGULAR and (bar is None or bar.session != REGULAR):
            at, start, bar = counted_at(time, state, self._closed_until)
        if at >= state.next_close:
            self._advance(state, closed_until(at, self.settings.grace), offset)
        state.quotes += 1
        if at < state.closed_until or at < self._closed_until:
            state.late += 1
            return
        if quote.price <= 0.0:
            state.show(quote, time)
            return
        if not state.accept(quote, time, False):
            return
        if bar is None:
            bar = state.open.open_minute(quote, start, at)
            self._deadlines.note(symbol, bar.end)
        if not bar.whole:
            bar.add(quote.price, quote.size, at)

    def _fold_bar(self, record: RecordedBar, offset: int) -> None:
        """A recorded bar fills its own interval and every longer one; a shorter one than a minute, the minute.

        One that is whole comes too late where anything of its slot is there: that stays, but for an open minute.
        """
        start = int(record.start.timestamp())
        state = self.symbols.get(record.symbol) or self._new_symbol(record.symbol, record.exchange)
        self.changed.add(record.symbol)
        self._advance(state, closed_until(start, self.settings.grace), offset)
        state.bars += 1
        intervals = FILLED_BY[record.interval]
        slot = slot_of(intervals[0], start, state.calendar)
        closed = max(state.closed_until, self._closed_until)
        if slot is None:
            if take_special_day(state, record, closed):
                self._events += self._events_of(state.advance(closed), offset)
                self._note(state)
            return
        if slot.end <= closed:
            state.late += 1
            return
        piece = OpenBar.of_record(record, slot)
        if piece.whole and state.open.has_begun(intervals[0], slot):
            state.ignored += not state.open.complete_minute(slot, piece)
            return
        state.settle((record.open, record.close), start, record.interval == "1d")
        state.accept(quote_of(record, piece.end), piece.close_time, True)
        state.open.fill(piece, intervals, closed)
        self._note(state)

    def _fold_action(self, action: CorporateAction, offset: int) -> None:
        """A split tells the prices so far in new shares, once a price shows it; a dividend changes no number.

        Bars that ended before it close without grace: no straggler is told in old shares any more.
        """
        time = action.time.timestamp()
        state = self.symbols.get(action.symbol) or self._new_symbol(action.symbol, action.exchange)
        self.changed.add(action.symbol)
        self._advance(state, closed_until(time, 0.0), offset)
        state.add_action(action, offset)
        self._unsettled.add(action.symbol)

    def _fold_mark(self, mark: TimeMark, offset: int) -> None:
        until = closed_until(mark.time.timestamp(), self.settings.grace)
        if mark.symbol is None:
            self._advance_all(until, offset)
        elif mark.symbol in self.symbols:
            self._advance(self.symbols[mark.symbol], until, offset)

    def _new_symbol(self, symbol: str, exchange: str | None) -> SymbolState:
        state = self.symbols[symbol] = SymbolState(symbol, exchange, self.settings)
        return state

    def _advance(self, state: SymbolState, until: int, offset: int) -> None:
        """Close what has ended of one symbol: it is as late as its own records say, or the whole partition."""
        if until < self._closed_until:
            until = self._closed_until
        if until <= state.closed_until:
            return
        self.changed.add(state.symbol)
        self._events += self._events_of(state.advance(until), offset)

    def _note(self, state: SymbolState) -> None:
        end = state.open.next_end
        if end is not None:
            self._deadlines.note(state.symbol, end)

    def _advance_all(self, until: int, offset: int) -> None:
        """Close what has ended of every symbol; those of which nothing can have ended are not looked at."""
        if until <= self._closed_until:
            return
        self._closed_until = until
        closed: list[ClosedBar] = []
        for symbol in self._deadlines.take(until):
            state = self.symbols[symbol]
            if state.open.has_ended(until):
                closed += state.advance(until)
                self.changed.add(symbol)
            self._note(state)
        self._events += self._events_of(sorted(closed, key=_order), offset)

    def _events_of(self, bars: Iterable[ClosedBar], offset: int) -> list[Event]:
        """The events of bars that closed, with a step of the forecasts for each, in order: what one symbol's forecasts
        were off by tells how wide the next one's intervals must be."""
        return [Event(offset, closed, self._step(closed)) for closed in bars]

    def _step(self, closed: ClosedBar) -> ForecastStep | None:
        bar = closed.bar
        pools = self._pools.get(bar.interval)
        if pools is None:
            return None
        forecasts = self.symbols[bar.symbol].open.series[bar.interval].forecasts
        assert forecasts is not None, "an interval has pools if its series have forecasts"
        trained = self._trained.get(bar.interval, NO_TRAINED_MODELS)
        return forecasts.advance(bar, pools, self._searches, trained)

    def forecasts(self) -> list[SeriesForecasts]:
        """Those of every symbol and interval."""
        series = (series for state in self.symbols.values() for series in state.open.series.values())
        return [each.forecasts for each in series if each.forecasts is not None]

    def under(self, settings: EngineSettings, past: PastBars) -> "Engine":
        """The same engine, under other rules from here on; forecasts that these make anew begin behind `past`.

        Raises SettingsChanged where the indicators' periods differ.
        """
        engine = Engine(settings, self._searches)
        engine.restore(self.state(), {symbol: state.state() for symbol, state in self.symbols.items()})
        engine._trained = dict(self._trained)
        for forecasts in engine.forecasts():
            if forecasts.seen == 0:
                forecasts.refill(past.get((forecasts.symbol, forecasts.interval), []))
                forecasts.ask(self._searches)
        return engine

    def state(self) -> dict[str, Any]:
        """What a snapshot keeps of the partition; that of each symbol is its own."""
        return {
            "closed_until": self._closed_until,
            "pools": {
                interval: {model: [pool.key, pool.state()] for model, pool in pools.items()}
                for interval, pools in self._pools.items()
            },
        }

    def restore(
        self, state: dict[str, Any], symbols: dict[str, dict[str, Any]], indicators: Rebuilt | None = None
    ) -> None:
        """Continue from a snapshot, but for `indicators` where they are given: they were made from the bars.

        Raises SettingsChanged where they are not given and the snapshot was made with other periods.
        """
        self._closed_until = state["closed_until"]
        for symbol, kept in sorted(symbols.items()):
            self.symbols[symbol] = SymbolState.restored(symbol, kept, self.settings, indicators)
            self._note(self.symbols[symbol])
            self._unsettled.add(symbol)
        for interval, pools in self._pools.items():
            restore_pools(pools, state["pools"].get(interval, {}), self.settings.forecasts[interval])
        for forecasts in self.forecasts():
            forecasts.ask(self._searches)
