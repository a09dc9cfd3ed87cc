"""The rules of a partition in its engine: arms and disarms them in the series that they apply to, and gives them the
headlines. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, Protocol

from analytics.alerts.evaluation.between_closes.no_data_rules import NoDataAlert
from analytics.alerts.evaluation.between_closes.open_bar_rules import ProvisionalAlert
from analytics.alerts.evaluation.rule_book import ArmedRule, RuleBook
from analytics.alerts.language.values_read import evaluated_symbols
from analytics.engine.events import Event
from analytics.engine.series import KnownPast
from analytics.engine.symbol_state import SymbolState
from analytics.mood.headline_mood import ScoredHeadline, scored
from shared.market.records import Bar, Headline, Interval, RuleChange, TimeMark


class RulePlace(NamedTuple):
    """Where a rule that compares symbols was changed among the bars of one of them: after the bar of this interval
    that ended at `after`, epoch seconds, 0 before the first one."""

    symbol: str
    interval: Interval
    after: int


class AppliedChange(NamedTuple):
    """A change of a rule, at its offset; of a rule that compares symbols with its places among the bars of those at
    which it is evaluated."""

    offset: int
    change: RuleChange
    places: Sequence[RulePlace] = ()


class FoundHeadline(NamedTuple):
    """A headline at its offset, and when it counts; None if its symbol had no record before it, so that it never
    does."""

    offset: int
    headline: Headline
    scored: ScoredHeadline | None


class FoundNoData(NamedTuple):
    """A rule on missing quotes that fired, at the offset of the record that moved time on."""

    offset: int
    no_data: NoDataAlert


class FoundProvisional(NamedTuple):
    """A live rule that fired at an open bar, at the offset of the record that moved time on."""

    offset: int
    alert: ProvisionalAlert


class FoundForRules(NamedTuple):
    """The changes of rules, repeated ones too, the headlines, and the alerts of missing quotes that are to be stored,
    in order."""

    changes: list[AppliedChange]
    headlines: list[FoundHeadline]
    no_data: list[FoundNoData]
    provisional: list[FoundProvisional]


class ReachedPlace(NamedTuple):
    """Where a partition is: at this offset, with every bar closed that ended by `closed_until`, epoch seconds. `events`
    are those that are not stored yet."""

    offset: int
    closed_until: int
    events: Sequence[Event]


BarsBySeries = Mapping[tuple[str, Interval], Sequence[Bar]]
"""Closed bars by symbol and interval."""


class PastSeries(Protocol):
    """The closed bars and headlines of a symbol that are already stored, for the values of a rule that is armed
    later."""

    def bars_until(self, symbol: str, interval: Interval, end: int) -> Iterable[Bar]:
        """Those that ended by `end`, epoch seconds, in order and as they traded."""

    def headlines_before(self, symbol: str, offset: int) -> dict[int, ScoredHeadline]:
        """The headlines that count, by their offsets, which are below `offset`."""


class NothingStored:
    """Nothing is stored: a rule warms up from its arming on."""

    def bars_until(self, *_: object) -> Iterable[Bar]:
        """No bar."""
        return ()

    def headlines_before(self, *_: object) -> dict[int, ScoredHeadline]:
        """No headline."""
        return {}


NOTHING_STORED = NothingStored()


def _places(rules: Iterable[ArmedRule | None], symbols: Mapping[str, SymbolState]) -> list[RulePlace]:
    """The places of these rules among the bars of each symbol at which they are evaluated."""
    found: dict[RulePlace, None] = {}
    for armed in rules:
        if armed is not None:
            interval = armed.rule.interval
            evaluated = evaluated_symbols(armed.rule)
            for symbol in symbols if evaluated is None else evaluated:
                if symbol in symbols:
                    after = symbols[symbol].open.series[interval].closed_until
                    found[RulePlace(symbol, interval, after)] = None
    return list(found)


class ArmedRules:
    """The rules of a partition; the changes of them, the headlines and the alerts of missing quotes that are to be
    stored.

    Changes that follow each other are armed together, before the next record of another kind: the bars of a series are
    then read once for all of them. `waiting` are those rules by id, with the places of their last changes.
    """

    def __init__(self, closed_bars: PastSeries) -> None:
        self.closed_bars = closed_bars
        self.book = RuleBook()
        self.waiting: dict[int, ReachedPlace] = {}
        self._found = FoundForRules([], [], [], [])

    def fold(
        self, record: RuleChange | Headline, place: ReachedPlace, symbols: Mapping[str, SymbolState]
    ) -> Iterable[str]:
        """Process a change of a rule or a headline. Returns the symbols whose state changed."""
        if isinstance(record, RuleChange):
            return self._change(record, place, symbols)
        return self._add_headline(record, place, symbols)

    def _change(
        self, change: RuleChange, place: ReachedPlace, symbols: Mapping[str, SymbolState]
    ) -> Iterable[str]:
        """Apply a change from the next bar of each symbol on."""
        before = self.book.comparing.get(change.rule_id)
        is_new = self.book.apply(change)
        compared = [before, self.book.comparing.get(change.rule_id)] if is_new else []
        self._found.changes.append(AppliedChange(place.offset, change, _places(compared, symbols)))
        if not is_new:
            return ()
        for state in symbols.values():
            state.watch(self.book, change.time.timestamp())
        self.waiting[change.rule_id] = place
        return symbols.keys()

    def arm_waiting(self, symbols: Mapping[str, SymbolState]) -> None:
        """Arm the rules that changed since the last call, before another record is processed."""
        waiting, self.waiting = self.waiting, {}
        if not waiting:
            return
        place = waiting[next(reversed(waiting))]
        unstored = _bars_by_series(place.events)
        for state in symbols.values():
            past = KnownPast(
                partial(self._bars, state, unstored),
                partial(self._past_headlines, state.symbol, place.offset),
            )
            state.arm(self.book, waiting, past)

    def _add_headline(
        self, headline: Headline, place: ReachedPlace, symbols: Mapping[str, SymbolState]
    ) -> Iterable[str]:
        """Note a headline, and give it to the rules of its symbol."""
        state = symbols.get(headline.symbol)
        found = None if state is None else scored(headline, max(state.closed_until, place.closed_until))
        self._found.headlines.append(FoundHeadline(place.offset, headline, found))
        is_read = state is not None and found is not None and state.add_headline(found)
        return (headline.symbol,) if is_read else ()

    def pass_mark(self, mark: TimeMark, offset: int, symbols: Mapping[str, SymbolState]) -> None:
        """Go on to a time mark, for its symbol or for all of them."""
        if self.book.watches_time:
            concerned = [state for state in symbols.values() if mark.symbol in (None, state.symbol)]
            self.pass_time(concerned, mark.time.timestamp(), offset)

    def pass_time(self, states: Iterable[SymbolState], now: float, offset: int) -> None:
        """Go on to `now`, epoch seconds, for the rules of these symbols that can fire between closes."""
        for state in states:
            if not state.is_watched:
                continue
            last = state.last
            if state.no_data is not None and last is not None:
                silent = state.no_data.pass_time(now, state.last_time, last.price)
                self._found.no_data.extend(FoundNoData(offset, each) for each in silent)
            self._found.provisional.extend(
                FoundProvisional(offset, each) for each in _at_open_bars(state, now)
            )

    def _past_headlines(self, symbol: str, offset: int) -> list[ScoredHeadline]:
        """The headlines of a symbol that count: those that are stored, and those that are not yet."""
        found = self.closed_bars.headlines_before(symbol, offset)
        new = {each.offset: each.scored for each in self._found.headlines if each.headline.symbol == symbol}
        return list((found | {at: each for at, each in new.items() if each is not None}).values())

    def _bars(self, state: SymbolState, unstored: BarsBySeries, interval: Interval) -> Iterator[Bar]:
        """The closed bars of a series: those that are stored, then those that are not yet."""
        symbol, last = state.symbol, 0
        for bar in self.closed_bars.bars_until(symbol, interval, state.open.series[interval].closed_until):
            last = bar.end
            yield bar
        yield from (bar for bar in unstored.get((symbol, interval), ()) if bar.end > last)

    def take(self) -> FoundForRules:
        """What was found since the last call."""
        found, self._found = self._found, FoundForRules([], [], [], [])
        return found


def _bars_by_series(events: Iterable[Event]) -> BarsBySeries:
    found: dict[tuple[str, Interval], list[Bar]] = {}
    for event in events:
        bar = event.closed.bar
        found.setdefault((bar.symbol, bar.interval), []).append(bar)
    return found


def _at_open_bars(state: SymbolState, now: float) -> Iterator[ProvisionalAlert]:
    """The live rules that fire at the open bars of a symbol, as its quotes before `now` left them."""
    for interval, series in state.open.series.items():
        if series.live is None or not series.live.is_due(now):
            continue
        opened = state.open.next_to_close(interval)
        if opened is not None:
            yield from series.evaluate_open(opened.bar(state.symbol, interval), state.last_time)
