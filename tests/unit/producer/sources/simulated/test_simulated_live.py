"""The simulated market in real time: its sequence, unbroken by restarts."""

from datetime import timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.sources.simulated import SimulatedMarket
from shared.market.records import Quote, Record, RecordedBar, TimeMark
from tests.inputs.simulated_market import (
    DAY,
    MINUTE,
    NOW,
    SECOND,
    SYMBOLS,
    SimulatedMarketClock,
    end_of,
    live,
)

STOPPED = NOW + 90 * SECOND


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return SimulatedMarket(SYMBOLS, 7)


@pytest.fixture(scope="module")
def lived(market: SimulatedMarket) -> list[Record]:
    """Everything from the first bar of the history to STOPPED."""
    return live(market, None, NOW, STOPPED)


@settings(max_examples=10, deadline=None)
@given(part=st.floats(0, 1))
def test_restart_at_any_position_gives_exactly_the_rest(lived: list[Record], part: float) -> None:
    killed = int(part * (len(lived) - 1))
    rest = live(SimulatedMarket(SYMBOLS, 7), lived[killed].position, NOW, STOPPED)
    assert rest == lived[killed + 1 :]


@pytest.mark.parametrize("last_kind", ["1d", "1h", "15m", "1m", "quotes"])
@pytest.mark.parametrize("away", [timedelta(minutes=20), timedelta(hours=5), 30 * DAY, 400 * DAY])
def test_restart_later_loses_no_minute_and_doubles_none(
    market: SimulatedMarket, lived: list[Record], last_kind: str, away: timedelta
) -> None:
    """Killed between the two symbols of one instant, while it published bars of any length, or quotes."""
    killed = {"1d": 667, "1h": 2001, "15m": 4001, "1m": 10_001, "quotes": len(lived) - 5}[last_kind]
    before = lived[:killed]
    assert getattr(before[-1], "interval", "quotes") == last_kind
    after = live(market, before[-1].position, STOPPED + away, STOPPED + away + 5 * SECOND)
    positions = [record.position for record in before + after]
    assert positions == sorted(set(positions))
    for symbol in SYMBOLS:
        assert_covered_once([each for each in before + after if each.symbol in (symbol, None)])


def assert_covered_once(records: list[Record]) -> None:
    """Bars, and seconds with their quotes, follow each other without hole or overlap.

    Only days leave out the two hours before their regular session and the two after it.
    """
    covered_until, by_day = end_of(records[0]), True
    for record in records[1:]:
        if isinstance(record, RecordedBar):
            nights = by_day + (record.interval == "1d")
            assert record.start - covered_until == nights * timedelta(hours=2)
            covered_until, by_day = end_of(record), record.interval == "1d"
        elif isinstance(record, TimeMark):
            assert record.time == covered_until
            covered_until = record.time + SECOND
        else:
            assert isinstance(record, Quote)
            assert covered_until - SECOND <= record.event_time < covered_until


def test_short_gap_is_filled_with_quotes(market: SimulatedMarket) -> None:
    position = list(market.quotes(NOW, NOW + MINUTE))[-1].position
    later = NOW + timedelta(minutes=50)
    records = live(market, position, later, later + timedelta(seconds=2))
    assert not any(isinstance(record, RecordedBar) for record in records)
    expected = list(market.quotes(NOW + MINUTE, later + timedelta(seconds=1)))
    assert [record.position for record in records][: len(expected)] == [
        record.position for record in expected
    ]


def test_live_quotes_come_when_they_are_due_and_are_received_then(market: SimulatedMarket) -> None:
    hand = SimulatedMarketClock(NOW)
    position = list(market.quotes(NOW - MINUTE, NOW))[-1].position
    for record in islice(market.live(position, hand.clock, hand.wait), 100):
        moment = record.event_time if isinstance(record, Quote) else getattr(record, "time", NOW)
        assert moment <= record.received_time == hand.now < moment + timedelta(seconds=1)
    assert hand.longest <= 0.1


def test_wait_that_is_broken_off_ends_the_sequence(market: SimulatedMarket) -> None:
    position = list(market.quotes(NOW - MINUTE, NOW))[-1].position
    hand = SimulatedMarketClock(NOW, NOW)
    assert list(market.live(position, hand.clock, hand.wait)) == []


def test_nothing_is_late_where_bars_close_without_grace(lived: list[Record]) -> None:
    engine = Engine(EngineSettings(grace=0.0))
    for offset, record in enumerate(lived):
        engine.fold(record, offset)
        engine.take_events()
    assert [symbol.late for symbol in engine.symbols.values()] == [0, 0]
