"""The live view: open bars and indicators are what a close now would give, calculated at the set frequency."""

from dataclasses import replace

from hypothesis import given, settings

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings, LiveEvery
from analytics.engine.series import ClosedBar
from analytics.engine.symbol_state import LiveBar, SymbolState
from shared.market.records import INTERVALS, Interval, Record
from tests.inputs.random_markets import END, graces, markets
from tests.inputs.records import (
    WARM_AT_ONCE,
    folded,
    kept,
    mark,
    periods,
    quote,
    recorded_bar,
    restored,
    second,
)

OPEN = second("2024-01-03T15:00")
EVERY = EngineSettings(indicators=WARM_AT_ONCE, live_every=LiveEvery(1, 1, 1, 1, 1, 1))
LAST_CLOSE = EngineSettings(
    indicators=periods(sma_short_period=1, ema_short_period=1), live_every=LiveEvery(sma=3, ema=1)
)
"""Averages over one close show which close the live view took: sma the one at every third quote, ema the last."""


def live_bar(state: SymbolState, interval: Interval) -> LiveBar:
    (found,) = [live for live in state.live() if live.bar.interval == interval]
    return found


def closing_now(engine: Engine, some: EngineSettings) -> dict[tuple[str, str], list[ClosedBar]]:
    """What every open series would still close, by symbol and interval."""
    twin, closed = restored(kept(engine), some), dict[tuple[str, str], list[ClosedBar]]()
    for event in folded(twin, [END]):
        closed.setdefault(event.closed.bar[:2], []).append(event.closed)
    return closed


@settings(max_examples=200, deadline=None)
@given(markets(), graces)
def test_live_view_is_what_closing_now_would_give(records: list[Record], grace: float) -> None:
    some = replace(EVERY, grace=grace)
    engine = Engine(some)
    folded(engine, records)
    expected = closing_now(engine, some)
    lives = {live.bar[:2]: live for state in engine.symbols.values() for live in state.live()}
    assert lives.keys() == expected.keys()
    for key, live in lives.items():
        newest = max(expected[key], key=lambda closed: closed.bar.start)
        assert live.bar == newest.bar
        if len(expected[key]) == 1:
            assert live.indicators == newest.indicators


@settings(max_examples=50, deadline=None)
@given(markets())
def test_reading_the_live_view_changes_nothing(records: list[Record]) -> None:
    engine = Engine(EVERY)
    folded(engine, records)
    before = kept(engine)
    for state in engine.symbols.values():
        assert state.live() == state.live()
    assert kept(engine) == before


def test_indicator_is_recalculated_at_every_third_quote_if_so_configured() -> None:
    engine, seen = Engine(LAST_CLOSE), []
    for number in range(1, 9):
        folded(engine, [quote(OPEN + number, float(number))])
        row = live_bar(engine.symbols["A"], "1m").indicators
        seen.append((row.sma_short, row.ema_short))
    assert seen == [(1, 1), (1, 2), (3, 3), (3, 4), (3, 5), (6, 6), (6, 7), (6, 8)]


def test_new_bar_begins_with_its_own_first_price() -> None:
    engine = Engine(LAST_CLOSE)
    folded(engine, [quote(OPEN + number, float(number)) for number in range(1, 5)])
    folded(engine, [quote(OPEN + 60, 7.0)])
    state = engine.symbols["A"]
    assert live_bar(state, "1m").indicators.sma_short == 7.0
    assert live_bar(state, "5m").indicators.sma_short == 3.0


def test_day_takes_no_price_from_after_its_end() -> None:
    engine, closes = Engine(LAST_CLOSE), second("2024-01-03T21:00")
    folded(engine, [quote(closes - 10, 1.0), quote(closes - 5, 2.0), quote(closes + 1, 9.0)])
    day = live_bar(engine.symbols["A"], "1d")
    assert (day.bar.close, day.indicators.sma_short, day.indicators.ema_short) == (2.0, 2.0, 2.0)


def test_bar_in_the_future_of_the_minutes_is_the_newest() -> None:
    engine = Engine(EVERY)
    folded(
        engine,
        [
            quote(OPEN + 250, 2.0),
            recorded_bar(OPEN + 300, "5m", (2.0, 4.0, 1.0, 3.0)),
            quote(OPEN + 260, 2.0),
        ],
    )
    assert live_bar(engine.symbols["A"], "5m").bar.start == OPEN + 300
    assert live_bar(engine.symbols["A"], "1m").bar.start == OPEN + 240


def test_live_hour_carries_the_session_of_its_start() -> None:
    engine = Engine(EVERY)
    folded(engine, [quote(second("2024-01-03T14:40"), 2.0)])
    assert live_bar(engine.symbols["A"], "1h").bar.session == "pre"


def test_view_contains_the_warm_up_progress_of_the_indicators() -> None:
    engine = Engine(EngineSettings(grace=0.0))
    folded(engine, [quote(OPEN + minute * 60, 2.0) for minute in range(12)])
    live = live_bar(engine.symbols["A"], "1m")
    assert (live.seen, live.warm_after) == (11, 50)
    assert live.indicators.sma_long is None


def test_nothing_is_live_once_all_is_closed() -> None:
    engine = Engine(EVERY)
    folded(engine, [quote(OPEN, 2.0), mark(OPEN + 59)])
    assert [live.bar.interval for live in engine.symbols["A"].live()] == list(INTERVALS)
    folded(engine, [END])
    assert engine.symbols["A"].live() == []


def test_session_at_the_last_quote_is_that_of_the_exchange() -> None:
    engine = Engine(EVERY)
    folded(engine, [quote(second("2024-01-03T22:00"), 2.0)])
    assert engine.symbols["A"].session_at_last() == "post"
