"""Rules in the engine: armed by a record at any place, they fire as they would on the closed bars alone."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.alerts.evaluation.conditions import truth_of
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.engine.armed_rules import FoundHeadline
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from analytics.engine.series import context_of
from analytics.indicators.catalog import DEFAULTS
from analytics.mood.headline_mood import ScoredHeadline
from shared.market.records import Bar, Interval, Record, RuleChange
from tests.inputs.random_markets import END, markets
from tests.inputs.random_rules import RULES
from tests.inputs.records import headline, kept, quote, rule_change

PROMPT = EngineSettings(grace=0.0)
NOON = 86_400 * 365


class Listed:
    """Closed bars of a list, as a table would have them."""

    def __init__(self) -> None:
        self.bars: list[Bar] = []
        self.headlines: list[FoundHeadline] = []

    def bars_until(self, symbol: str, interval: Interval, end: int) -> Sequence[Bar]:
        return [
            bar for bar in self.bars if (bar.symbol, bar.interval) == (symbol, interval) and bar.end <= end
        ]

    def headlines_before(self, symbol: str, offset: int = sys.maxsize) -> dict[int, ScoredHeadline]:
        return {
            at: scored
            for at, headline, scored in self.headlines
            if headline.symbol == symbol and at < offset and scored is not None
        }


class Place(NamedTuple):
    """Where a rule fired."""

    rule_id: int
    version: int
    symbol: str
    end: int


def change(rule_id: int, version: int, text: str) -> RuleChange:
    return rule_change(NOON, version, text, rule_id)


def rule_of(text: str, interval: str) -> Rule:
    """The rule on an interval; spans of minutes become hours, because every interval has those."""
    return read_rule(f"{text.replace('3m)', '1h)').replace('4m)', '2h)')} on {interval}", DEFAULTS)


class Run:
    """The events of an engine; rows are stored, and the state goes through a snapshot, after the records at `cuts`."""

    def __init__(self, records: Sequence[Record], cuts: Sequence[int] = ()) -> None:
        self.stored = Listed()
        self.engine = Engine(PROMPT, closed_bars=self.stored)
        self.events: list[Event] = []
        self.changes: list[RuleChange] = []
        for offset, record in enumerate(records):
            self.engine.fold(record, offset)
            if offset in cuts:
                self._cut()
        self._take()

    def _take(self) -> None:
        found = self.engine.take_events()
        self.events += found
        self.stored.bars += [event.closed.bar for event in found]
        of_rules = self.engine.rules.take()
        self.stored.headlines += of_rules.headlines
        self.changes += [applied.change for applied in of_rules.changes]

    def _cut(self) -> None:
        self._take()
        partition, symbols = msgspec.json.decode(kept(self.engine))
        self.engine = Engine(PROMPT, closed_bars=self.stored)
        self.engine.restore(partition, symbols)

    @property
    def fired(self) -> list[Place]:
        return [
            Place(each.armed.rule_id, each.armed.version, event.closed.bar.symbol, event.closed.bar.end)
            for event in self.events
            for each in event.closed.fired
        ]


def expected(run: Run, rule: Rule, armed_at: int) -> list[Place]:
    """Where the rule fires on the closed bars of the run, if it is armed by the record at an offset."""
    found = []
    for symbol, state in run.engine.symbols.items():
        series = state.open.series[rule.interval]
        splits = list(series.splits or ())
        alone = SeriesRules({1: ArmedRule(1, 1, rule)}, symbol, context_of(state.calendar, rule.interval))
        alone.values.add_headlines(run.stored.headlines_before(symbol).values())
        has_begun = False
        for event in run.events:
            bar = event.closed.bar
            if (bar.symbol, bar.interval) != (symbol, rule.interval):
                continue
            if event.offset > armed_at and not has_begun:
                alone.begin()
                has_begun = True
            while splits and splits[0][0] < bar.end:
                alone.split(splits.pop(0)[1])
            if not has_begun:
                alone.values.update(bar)
            elif alone.update(bar)[0].outcome == "fired":
                found.append(Place(1, 1, symbol, bar.end))
    return sorted(found)


@some.composite
def with_headlines(draw: some.DrawFn, records: list[Record]) -> list[Record]:
    """The records with some headlines between them, received when the record before them was, or later."""
    found: list[Record] = []
    for record in records:
        found.append(record)
        if record.symbol is not None and draw(some.integers(0, 3)) == 0:
            at = record.received_time.timestamp() + draw(some.sampled_from((0.0, 30.5, 4_000.0)))
            published = at - draw(some.sampled_from((0.0, 1_800.0, 50_000.0)))
            found.append(headline(at, draw(some.sampled_from((-0.5, 0.0, 0.8))), record.symbol, published))
    return found


@settings(max_examples=80)
@given(markets(), RULES, some.sampled_from(("1m", "5m", "1h")), some.data())
def test_rule_fires_as_on_the_closed_bars_alone(
    records: list[Record], text: str, interval: str, data: some.DataObject
) -> None:
    rule = rule_of(text, interval)
    records = data.draw(with_headlines(records))
    place = data.draw(some.integers(0, len(records)))
    armed = [*records[:place], change(1, 1, normal_form(rule)), *records[place:], END]
    cuts = data.draw(some.sets(some.integers(0, len(armed)), max_size=2))
    run = Run(armed, sorted(cuts))
    assert sorted(run.fired) == expected(run, rule, place)
    assert run.fired == Run(armed).fired


@settings(max_examples=40)
@given(markets(), RULES, RULES, some.data())
def test_rules_do_not_disturb_each_other(
    records: list[Record], one: str, other: str, data: some.DataObject
) -> None:
    texts = [normal_form(rule_of(text, "1m")) for text in (one, other)]
    places = sorted(data.draw(some.tuples(*[some.integers(0, len(records))] * 3)))
    both = list(records)
    both.insert(places[2], change(2, 2, ""))
    both.insert(places[1], change(2, 1, texts[1]))
    both.insert(places[0], change(1, 1, texts[0]))
    alone = [record for record in both if not isinstance(record, RuleChange) or record.rule_id == 1]
    first = [place for place in Run([*both, END], [places[1]]).fired if place.rule_id == 1]
    assert first == Run([*alone, END]).fired


def quotes(prices: Sequence[float]) -> list[Record]:
    return [quote(NOON + 60 * place, price, exchange="24/7") for place, price in enumerate(prices)]


def ends(run: Run) -> list[int]:
    """The minutes, counted from the first, at whose close a rule fired."""
    return [(place.end - NOON) // 60 - 1 for place in run.fired]


def test_repeated_and_older_changes_are_nothing() -> None:
    records = quotes([1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0])
    newest = change(1, 5, "close > 2")
    run = Run([records[0], newest, *records[1:3], newest, change(1, 4, "close > 9"), *records[3:], END])
    assert ends(run) == [1, 3, 5]
    assert [change.version for change in run.changes] == [5, 5, 4]


def test_a_rule_is_disarmed_by_an_empty_text_and_armed_again() -> None:
    records = quotes([1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0])
    run = Run(
        [
            change(1, 1, "close > 2"),
            *records[:3],
            change(1, 2, ""),
            *records[3:5],
            change(1, 3, "close > 2"),
            *records[5:],
            END,
        ]
    )
    assert ends(run) == [1, 5]


def test_a_rule_begins_with_values_of_the_bars_before_it() -> None:
    records = quotes([4.0, 4.0, 4.0, 4.0, 5.0, 6.0])
    run = Run([*records[:4], change(1, 1, "close > sma(3)"), *records[4:], END])
    assert ends(run) == [4]


def test_a_rule_that_is_true_when_it_is_armed_waits() -> None:
    records = quotes([5.0, 5.0, 5.0, 1.0, 5.0, 5.0])
    run = Run([*records[:2], change(1, 1, "close > 2"), *records[2:], END])
    assert ends(run) == [4]


def test_a_rule_of_named_symbols_concerns_no_other() -> None:
    records = quotes([1.0, 3.0, 1.0])
    assert Run([change(1, 1, "B, C: close > 2"), *records, END]).fired == []
    assert ends(Run([change(1, 1, "A, C: close > 2"), *records, END])) == [1]


def test_a_text_that_can_not_be_read_stops_nothing() -> None:
    records = quotes([1.0, 3.0, 1.0, 3.0])
    assert ends(
        Run([change(1, 1, "close > 2"), *records[:3], change(1, 2, "clos > 2"), *records[3:], END])
    ) == [1]


def test_a_symbol_that_comes_later_has_the_rules_that_are_armed() -> None:
    later = [
        quote(NOON + 60 * place, price, "B", exchange="24/7") for place, price in enumerate((1.0, 3.0, 1.0))
    ]
    run = Run([change(1, 1, "close > 2"), *quotes([1.0]), *later, END])
    assert [place.symbol for place in run.fired] == ["B"]


def test_arming_a_rule_compiles_no_other_one() -> None:
    """Every rule compiled all those before it again: two hundred of twenty symbols took minutes."""
    engine = Engine(PROMPT)
    engine.fold(quote(NOON, 100.0), 0)
    calls = []
    for number in range(1, 41):
        with counted_calls(truth_of) as counted:
            engine.fold(change(number, 1, f"close > sma({number + 1}) on 1m"), number)
        calls.append(len(counted))
    assert calls[1:] == calls[1:2] * 39


@contextmanager
def counted_calls(function: Callable[..., object]) -> Iterator[list[object]]:
    """The calls of a function in this thread, one entry each."""
    calls: list[object] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            calls.append(event)

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
