"""Processes one partition of the log: records in; closed bars with indicators, alerts and forecasts out.

Pure: the same records give the same events and the same state, wherever batches begin and end, live or replayed.

Each symbol has its own time. A symbol's records, and time marks that name it, advance the time of that symbol only; a
mark without a symbol advances the time of all. So a symbol that is added later can be backfilled without late records,
and a lagging source does not delay the bars of other symbols.
"""

from collections.abc import Iterable
from typing import Any

from analytics.engine.armed_rules import NOTHING_STORED, ArmedRules, PastSeries, ReachedPlace
from analytics.engine.bars import FILLED_BY, MINUTE, OpenBar, closed_until, slot_of
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event, PastBars, closing_order
from analytics.engine.open_bars import BarDeadlines
from analytics.engine.quotes.closing_price import PlaceInBars, counted_at
from analytics.engine.quotes.partial_quotes import add_part, updates_in
from analytics.engine.quotes.print_filter import SetAside
from analytics.engine.series import ClosedBar
from analytics.engine.special_days import open_special_day
from analytics.engine.split_check import SettledAction
from analytics.engine.symbol_state import SymbolState
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
from analytics.indicators.series.sessions import REGULAR
from shared.market.records import (
    CorporateAction,
    Headline,
    Interval,
    Quote,
    Record,
    RecordedBar,
    RuleChange,
    TimeMark,
)
from shared.market.trade_conditions import EVERYTHING

NO_SEARCHES = NoSearches()


class Engine:
    """The state of one partition. `changed` contains the symbols changed since it was last cleared; every bar that ends
    by `closed_until`, epoch seconds, is closed."""

    def __init__(
        self,
        settings: EngineSettings,
        searches: Searches = NO_SEARCHES,
        closed_bars: PastSeries = NOTHING_STORED,
    ) -> None:
        self.settings = settings
        self._searches = searches
        self.rules = ArmedRules(closed_bars)
        self._pools: dict[Interval, Pools] = {
            interval: pools_of(each) for interval, each in settings.forecasts.items()
        }
        self._trained: dict[Interval, Trained] = {}
        self.symbols: dict[str, SymbolState] = {}
        self.changed: set[str] = set()
        self._deadlines = BarDeadlines()
        self._events: list[Event] = []
        self._set_aside: list[SetAside] = []
        # Symbols with an unconfirmed split, or with actions that were not taken yet.
        self._unsettled: set[str] = set()
        self.closed_until = 0

    def fold(self, record: Record, offset: int) -> None:
        """Process one record; the bars that it closes are in the next `take_events`."""
        if self.rules.waiting and not isinstance(record, RuleChange):
            self.rules.arm_waiting(self.symbols)
        if type(record) is Quote:
            self._fold_quote(record, offset)
        elif isinstance(record, RecordedBar):
            self._fold_bar(record, offset)
        elif isinstance(record, CorporateAction):
            self._fold_action(record, offset)
        elif isinstance(record, TimeMark):
            self._fold_mark(record, offset)
        elif isinstance(record, RuleChange | Headline):
            place = ReachedPlace(offset, self.closed_until, self._events)
            self.changed.update(self.rules.fold(record, place, self.symbols))

    def serve(self, interval: Interval, trained: Trained) -> None:
        """From the next record on, exactly these trained models forecast the bars of an interval."""
        self._trained[interval] = trained

    def take_events(self) -> list[Event]:
        """The events since the last call, in order."""
        self.rules.arm_waiting(self.symbols)
        events, self._events = self._events, []
        return events

    def take_set_aside(self) -> list[SetAside]:
        """The quotes set aside since the last call, in order."""
        found, self._set_aside = self._set_aside, []
        return found

    def take_actions(self) -> list[SettledAction]:
        """The splits and dividends that took effect since the last call, and the splits that were rejected."""
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
        if state.is_watched:
            self.rules.pass_time((state,), time, offset)
        at, bar = time, state.open.minute(start := int(time) // MINUTE * MINUTE)
        if quote.session == REGULAR and (bar is None or bar.session != REGULAR):
            at, start, bar = counted_at(time, state, self.closed_until)
        if at >= state.next_close:
            self._advance(state, closed_until(at, self.settings.grace), offset)
        state.quotes += 1
        if at < state.closed_until or at < self.closed_until:
            state.late += 1
            return
        if quote.price <= 0.0:
            state.show(quote, time)
            return
        if quote.conditions is not None and self._add_part(state, quote, offset, PlaceInBars(at, start, bar)):
            return
        if (reason := state.accept(quote, time, offset)) is not None:
            self._set_aside.append(SetAside(offset, quote, reason))
        elif not (bar := bar or self._open_minute(state, quote, start, at)).whole:
            bar.add(quote.price, quote.size, at)
            if quote.bid is not None and at == time:  # not one of after the close
                bar.add_offers(quote.bid, quote.ask, at)

    def _open_minute(self, state: SymbolState, quote: Quote, start: int, at: float) -> OpenBar:
        bar = state.open.open_minute(quote, start, at)
        self._deadlines.note(state.symbol, bar.end)
        return bar

    def _add_part(self, state: SymbolState, quote: Quote, offset: int, place: PlaceInBars) -> bool:
        """Whether a quote does not update everything, by its sale conditions; if so, it is processed here."""
        updates = updates_in(state, quote.conditions or "", place)
        if updates == EVERYTHING:
            return False
        if (reason := add_part(state, quote, offset, updates, place)) is not None:
            self._set_aside.append(SetAside(offset, quote, reason))
        self._note(state)
        return True

    def _fold_bar(self, record: RecordedBar, offset: int) -> None:
        """A recorded bar contributes to its own interval and every longer one; one shorter than a minute, to its
        minute.

        A whole bar is ignored if its slot has data already, unless that is an open minute, which it replaces.
        """
        start = int(record.start.timestamp())
        state = self.symbols.get(record.symbol) or self._new_symbol(record.symbol, record.exchange)
        self.changed.add(record.symbol)
        self.rules.pass_time((state,), start, offset)
        self._advance(state, closed_until(start, self.settings.grace), offset)
        state.bars += 1
        intervals = FILLED_BY[record.interval]
        slot = slot_of(intervals[0], start, state.calendar)
        closed = max(state.closed_until, self.closed_until)
        if slot is None:
            if open_special_day(state, record, closed, offset):
                self._events += self._events_of(state.advance(closed), offset)
                self._note(state)
            return
        if slot.end <= closed:
            state.late += 1
            return
        piece = OpenBar.from_record(record, slot)
        if piece.whole and state.open.has_begun(intervals[0], slot):
            state.ignored += not state.open.complete_minute(slot, piece)
            return
        state.settle((record.open, record.close), start, record.interval == "1d", offset)
        state.accept_close(record, piece.end)
        state.open.fill(piece, intervals, closed)
        self._note(state)

    def _fold_action(self, action: CorporateAction, offset: int) -> None:
        """A split converts the prices so far to new shares, once a price confirms it; a dividend changes no number.

        Bars that ended before it close without grace, because no more quotes in old shares are expected.
        """
        state = self.symbols.get(action.symbol) or self._new_symbol(action.symbol, action.exchange)
        self.changed.add(action.symbol)
        self._advance(state, closed_until(action.time.timestamp(), 0.0), offset)
        state.add_action(action, offset)
        self._unsettled.add(action.symbol)

    def _fold_mark(self, mark: TimeMark, offset: int) -> None:
        until = closed_until(mark.time.timestamp(), self.settings.grace)
        if mark.symbol is None:
            self._advance_all(until, offset)
        elif mark.symbol in self.symbols:
            self._advance(self.symbols[mark.symbol], until, offset)
        self.rules.pass_mark(mark, offset, self.symbols)

    def _new_symbol(self, symbol: str, exchange: str | None) -> SymbolState:
        state = self.symbols[symbol] = SymbolState(symbol, exchange, self.settings)
        state.arm_all(self.rules.book)
        return state

    def _advance(self, state: SymbolState, until: int, offset: int) -> None:
        """Close the bars of one symbol that ended by `until`, or by the time of the whole partition if that is
        later."""
        until = max(until, self.closed_until)
        if until <= state.closed_until:
            return
        self.changed.add(state.symbol)
        self._events += self._events_of(state.advance(until), offset)

    def _note(self, state: SymbolState) -> None:
        if (end := state.open.next_end) is not None:
            self._deadlines.note(state.symbol, end)

    def _advance_all(self, until: int, offset: int) -> None:
        """Close the bars of every symbol that have ended; symbols without a bar that may have ended are skipped."""
        if until <= self.closed_until:
            return
        self.closed_until = until
        closed: list[ClosedBar] = []
        for symbol in self._deadlines.take(until):
            state = self.symbols[symbol]
            if state.open.has_ended(until):
                closed += state.advance(until)
                self.changed.add(symbol)
            self._note(state)
        self._events += self._events_of(sorted(closed, key=closing_order), offset)

    def _events_of(self, bars: Iterable[ClosedBar], offset: int) -> list[Event]:
        """The events of closed bars, in order, each with its forecasts. The order matters: the errors of one symbol's
        forecasts change the interval widths of the next one's."""
        return [self._event_of(closed, offset) for closed in bars]

    def _event_of(self, closed: ClosedBar, offset: int) -> Event:
        bar = closed.bar
        series = self.symbols[bar.symbol].open.series[bar.interval]
        closed, pools = series.with_forecast_rules(closed), self._pools.get(bar.interval)
        if pools is None:
            return Event(offset, closed, None)
        assert series.forecasts is not None, "an interval has pools if its series have forecasts"
        trained = self._trained.get(bar.interval, NO_TRAINED_MODELS)
        return Event(offset, closed, series.forecasts.advance(bar, pools, self._searches, trained))

    def forecasts(self) -> list[SeriesForecasts]:
        """The forecasts of every symbol and interval."""
        series = (series for state in self.symbols.values() for series in state.open.series.values())
        return [each.forecasts for each in series if each.forecasts is not None]

    def under(self, settings: EngineSettings, past_bars: PastBars) -> "Engine":
        """A copy of the engine with other settings; forecasts that these settings restart begin after `past_bars`.

        Raises SettingsChanged if the indicator periods differ.
        """
        engine = Engine(settings, self._searches, self.rules.closed_bars)
        engine.restore(self.state(), {symbol: state.state() for symbol, state in self.symbols.items()})
        engine._trained = dict(self._trained)
        for forecasts in engine.forecasts():
            if forecasts.seen == 0:
                forecasts.refill(past_bars.get((forecasts.symbol, forecasts.interval), []))
                forecasts.ask(self._searches)
        return engine

    def state(self) -> dict[str, Any]:
        """The partition's state for a snapshot; each symbol has its own."""
        return {
            "closed_until": self.closed_until,
            "rules": self.rules.book.state(),
            "pools": {
                interval: {model: [pool.key, pool.state()] for model, pool in pools.items()}
                for interval, pools in self._pools.items()
            },
        }

    def restore(self, state: dict[str, Any], symbols: dict[str, dict[str, Any]]) -> None:
        """Restore a snapshot. Raises SettingsChanged if it was made with other indicators."""
        self.closed_until = state["closed_until"]
        self.rules.book.restore(state.get("rules", []))
        for symbol, kept in sorted(symbols.items()):
            self.symbols[symbol] = SymbolState.restored(symbol, kept, self.settings, self.rules.book)
            self._note(self.symbols[symbol])
            self._unsettled.add(symbol)
        for interval, pools in self._pools.items():
            restore_pools(pools, state["pools"].get(interval, {}), self.settings.forecasts[interval])
        for forecasts in self.forecasts():
            forecasts.ask(self._searches)
