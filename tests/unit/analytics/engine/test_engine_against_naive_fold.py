"""Random markets: the engine gives the same result as a naive fold, however the log is cut or the engine restarted."""

import math
from dataclasses import replace

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics.alerts.threshold_rules import AlertSettings
from analytics.alerts.thresholds import ReachedThreshold
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings, LiveEvery
from analytics.engine.events import Event
from analytics.engine.series import context_of
from analytics.indicators.indicator_row import IndicatorRow
from analytics.indicators.indicator_set import IndicatorSet
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Bar, Quote, Record, RecordedBar
from tests.inputs.random_markets import DAY, END, EXCHANGES, OPENS, graces, markets
from tests.inputs.records import WARM_AT_ONCE, folded, kept, mark, quote, restored, with_values
from tests.oracles.naive_fold import Closing, NaiveFold
from tests.oracles.plain_thresholds import PlainThresholds

NERVOUS = EngineSettings(
    indicators=WARM_AT_ONCE,
    alerts=AlertSettings(55.0, 45.0, 0.01, 0.3, 1.2, INTERVALS),
    live_every=LiveEvery(1, 3, 1, 2, 1, 5),
)
"""Warm after a few bars, and with alerts at every turn."""
LATE_FOR_ALL: list[Record] = [
    *(quote(OPENS, 10.0, "B"), mark(OPENS + DAY), mark(OPENS + DAY + 60)),
    quote(OPENS + DAY + 30, 10.0, "B"),
]
"""What a mark for all says counts also where it closed nothing: too rare to be drawn."""
PLAIN = replace(NERVOUS, skip_extreme=False)


def naive(records: list[Record], grace: float) -> NaiveFold:
    """The naive fold after all records."""
    fold = NaiveFold(grace)
    for offset, record in enumerate(records):
        fold.fold(record, offset)
    return fold


def bars_of(event: Event | Closing) -> Bar:
    return event.closed.bar if isinstance(event, Event) else event.series[-1]


def assert_same(bar: Bar, expected: Bar) -> None:
    """The same numbers; only a mean may differ, by the order in which its sums were made."""
    assert bar._replace(vwap=None, session="", source="") == expected._replace(vwap=None)
    assert_close(bar.vwap, expected.vwap)


def assert_close(mean: float | None, expected: float | None) -> None:
    """The same mean, but for the order in which its sums were made."""
    if mean is None or expected is None:
        assert mean is expected
    else:
        assert math.isclose(mean, expected, rel_tol=1e-12)


def last_row(series: list[Bar]) -> tuple[IndicatorRow, list[ReachedThreshold]]:
    """Indicators and alerts of the last bar if all are folded from the beginning, in the same shares."""
    bar = series[-1]
    calendar = calendar_of(EXCHANGES[bar.symbol])
    context = context_of(calendar, bar.interval)
    indicators = IndicatorSet(PLAIN.indicators, context)
    rules = PlainThresholds(PLAIN.alerts, context.periods_per_year, calendar)
    for each in series:
        bar = each._replace(session=calendar.at(each.start).name)
        row = indicators.update(bar)
        alerts = rules.update(bar, row)
    return row, alerts


@settings(max_examples=150)
@given(markets(), graces)
def test_every_bar_closes_at_the_time_and_with_the_values_of_the_naive_fold(
    records: list[Record], grace: float
) -> None:
    events = folded(Engine(replace(PLAIN, grace=grace)), [*records, END])
    closings = naive([*records, END], grace).closings
    found = {bars_of(event)[:3]: event for event in events}
    expected = {bars_of(closing)[:3]: closing for closing in closings}
    assert len(events) == len(found) == len(closings)
    assert found.keys() == expected.keys()
    for key, closing in expected.items():
        assert found[key].offset == closing.offset
        assert_same(bars_of(found[key]), bars_of(closing))


@settings(max_examples=80)
@given(markets(), graces)
def test_indicators_and_alerts_are_those_of_a_history_in_new_shares(
    records: list[Record], grace: float
) -> None:
    events = folded(Engine(replace(PLAIN, grace=grace)), [*records, END])
    expected = {bars_of(closing)[:3]: closing.series for closing in naive([*records, END], grace).closings}
    for closed in (event.closed for event in events):
        row, alerts = last_row(expected[closed.bar[:3]])
        assert_close(closed.indicators.session_vwap, row.session_vwap)
        assert with_values(closed.indicators, session_vwap=row.session_vwap) == row
        assert closed.alerts == alerts


@settings(max_examples=80)
@given(markets(), graces)
@example(LATE_FOR_ALL, 0.0)
def test_every_quote_and_recorded_bar_is_counted_and_the_late_ones_apart(
    records: list[Record], grace: float
) -> None:
    engine = Engine(replace(PLAIN, grace=grace))
    folded(engine, records)
    states = engine.symbols
    late = {name: symbol.late for name, symbol in naive(records, grace).symbols.items()}
    assert {name: state.late for name, state in states.items()} == late
    assert sum(state.quotes for state in states.values()) == sum(isinstance(r, Quote) for r in records)
    assert sum(state.bars for state in states.values()) == sum(isinstance(r, RecordedBar) for r in records)


@settings(max_examples=80)
@given(markets(), graces)
def test_bars_close_in_one_order_and_each_once(records: list[Record], grace: float) -> None:
    events = folded(Engine(replace(NERVOUS, grace=grace)), [*records, END])
    order = [
        (event.offset, bar.end, INTERVAL_SECONDS[bar.interval], bar.symbol)
        for event, bar in ((event, event.closed.bar) for event in events)
    ]
    assert order == sorted(order)
    assert len({event.closed.bar[:3] for event in events}) == len(events)
    for symbol in EXCHANGES:
        own = [each[1:] for each in order if each[3] == symbol]
        assert own == sorted(own)


@settings(max_examples=150)
@given(markets(), st.sets(st.integers(0, 80), max_size=6), graces)
def test_batch_boundaries_and_restarts_change_no_bit(
    records: list[Record], cuts: set[int], grace: float
) -> None:
    some = replace(NERVOUS, grace=grace)
    whole, parts = Engine(some), Engine(some)
    expected, found = folded(whole, records), list[Event]()
    for offset, record in enumerate(records):
        if offset in cuts:
            parts = restored(kept(parts), some)
        parts.fold(record, offset)
        found += parts.take_events()
    assert msgspec.json.encode(found) == msgspec.json.encode(expected)
    assert by_symbol(parts) == by_symbol(whole)
    assert [live(parts), live(restored(kept(whole), some))] == [live(whole)] * 2
    assert folded(parts, [END]) == folded(whole, [END])


def by_symbol(engine: Engine) -> dict[str, bytes]:
    """The state's bytes; a restart reads the symbols in another order than they came in."""
    states = {symbol: msgspec.json.encode(state.state()) for symbol, state in engine.symbols.items()}
    return {"": msgspec.json.encode(engine.state()), **states}


def live(engine: Engine) -> dict[str, bytes]:
    return {symbol: msgspec.json.encode(state.live()) for symbol, state in engine.symbols.items()}
