"""Impossible numbers, duplicates and numbers out of order: none is invented and none is lost."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.live.live import (
    BINANCE,
    COIN,
    SHARE,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    has_in_order,
    prices_never_offered,
    seen,
    stand_in,
    trade,
    trades,
)
from tests.standin import Fault, StandIn, Trade
from tests.waiting import wait_for

FIRST_NUMBER = 1_000_001


@pytest.fixture(params=["yahoo", "binance"])
def source(request: pytest.FixtureRequest) -> str:
    """Each provider that streams a coin."""
    return str(request.param)


@pytest.fixture
def live(standin: StandIn, source: str) -> Iterator[Live]:
    """A market that streams the coin from that provider, and has received the last trade."""
    with at_work(standin, {"yahoo": YAHOO, "binance": BINANCE}[source], seen()) as live:
        live.wait_until_streaming(source)
        live.end_polls()
        yield live


def frame(standin: StandIn, source: str, sent: Trade) -> str:
    """A trade as a frame of the provider's stream, whether it happened or not."""
    name = COIN.name_at(source)
    assert name is not None
    return standin.streams.dialects[source].frame(COIN, name, sent, standin.market.day(COIN.name))


def made_up(price: float, seconds: float = 0.0) -> Trade:
    """A trade that never was, so many seconds from now."""
    return Trade(FIRST_NUMBER + 1, round((time.time() + seconds) * 1000), price, 1.0)


@pytest.mark.parametrize("price", [-5.0, 0.0, float("nan"), float("inf"), 1e300, 1e-300])
def test_price_that_is_none_is_refused_and_counted(
    live: Live, standin: StandIn, source: str, price: float
) -> None:
    refused = _refused(live)
    standin.streams.send_raw(source, frame(standin, source, made_up(price)))
    after = trade(standin)
    wait_for(lambda: live.has_received(after))
    wait_for(lambda: _refused(live) > refused)
    assert prices_never_offered(live) == set()


@pytest.mark.parametrize("seconds", [60.0, 86_400.0, 3e9])
def test_quote_from_the_future_is_refused_and_closes_no_bar(
    live: Live, standin: StandIn, source: str, seconds: float
) -> None:
    refused = _refused(live)
    standin.streams.send_raw(source, frame(standin, source, made_up(100.0, seconds)))
    after = trade(standin)
    wait_for(lambda: live.has_received(after))
    wait_for(lambda: _refused(live) > refused)
    limit = datetime.now(UTC) + timedelta(seconds=5)
    assert all(quote.event_time <= limit for quote in live.quotes())


def test_frame_that_comes_twice_is_one_quote(live: Live, standin: StandIn, source: str) -> None:
    made = trade(standin)
    for _ in range(3):
        standin.streams.send_raw(source, frame(standin, source, made))
    after = trade(standin)
    wait_for(lambda: live.has_received(after))
    assert live.prices().count(made.price) == 1
    wait_for(lambda: (row := live.row()) is not None and row.duplicates >= 3)


def test_numbers_out_of_order_come_once_each_and_rise(standin: StandIn) -> None:
    with at_work(standin, BINANCE, seen()) as live:
        live.wait_until_streaming("binance")
        mixed = [trade(standin, providers=()) for _ in range(9)]
        for made in (*mixed[5:], *mixed[:5]):
            standin.streams.send_raw("binance", frame(standin, "binance", made))
        wait_for(lambda: has_every_trade(live))


def test_quotes_out_of_order_without_a_number_are_kept_and_counted(standin: StandIn) -> None:
    with at_work(standin, YAHOO, seen()) as live:
        live.wait_until_streaming("yahoo")
        live.end_polls()
        now = trade(standin)
        wait_for(lambda: live.has_received(now))
        row = live.row()
        before = 0 if row is None else row.out_of_order
        earlier = made_up(round(now.price + 1, 2), -3.0)
        standin.streams.send_raw("yahoo", frame(standin, "yahoo", earlier))
        wait_for(lambda: live.has_received(earlier))
        wait_for(lambda: (row := live.row()) is not None and row.out_of_order > before)


def test_number_that_stands_for_no_trade_ends_nothing(standin: StandIn) -> None:
    with at_work(standin, BINANCE, seen()) as live:
        live.wait_until_streaming("binance")
        hole = standin.quote(COIN.name, 0.0, providers=("binance",))
        after = trades(standin, 3)
        wait_for(lambda: has_in_order(live, after))
        assert hole.trade_id not in {quote.trade_id for quote in live.quotes()}
        assert len(standin.connections) == 1


def test_burst_of_twenty_thousand_trades_comes_whole_and_in_order(live: Live, standin: StandIn) -> None:
    burst = trades(standin, 20_000)
    wait_for(lambda: len(live.records) >= len(burst) and live.has_received(burst[-1]))
    assert has_in_order(live, burst)
    assert len(standin.connections) == 1


def test_positions_rise_from_record_to_record(live: Live, standin: StandIn) -> None:
    last = trades(standin, 200)[-1]
    wait_for(lambda: live.has_received(last))
    positions = [record.position for record in live.records]
    assert positions == sorted(set(positions))


def _refused(live: Live) -> int:
    row = live.row()
    return 0 if row is None else row.refused


def _polled_row(standin: StandIn, **changes: object) -> dict[str, object]:
    """What Yahoo answers of the share, with changes."""
    day = standin.market.day(SHARE.name)
    row = {
        "symbol": SHARE.name,
        "currency": "USD",
        "exchange": "CCC",
        "regularMarketPrice": day.close,
        "regularMarketTime": int(time.time()),
        "regularMarketVolume": int(day.volume),
        "regularMarketPreviousClose": day.previous_close,
    }
    return row | changes


ASKED_AND_WRONG: dict[str, Callable[[], dict[str, object]]] = {
    "a negative price": lambda: {"regularMarketPrice": -1.0},
    "a price of zero": lambda: {"regularMarketPrice": 0.0},
    "a time of tomorrow": lambda: {"regularMarketTime": int(time.time()) + 86_400},
    "a time before 1970": lambda: {"regularMarketTime": -5},
    "a word for a price": lambda: {"regularMarketPrice": "N/A"},
    "an object for a price": lambda: {"regularMarketPrice": {"raw": 1.0, "fmt": "1.00"}},
}


@pytest.mark.parametrize("wrong", ASKED_AND_WRONG)
def test_answer_that_can_not_be_true_is_refused_and_the_next_one_counts(wrong: str) -> None:
    with stand_in(SHARE) as standin:
        standin.streams.refuse_handshake(503, times=1000)
        with at_work(standin, f"yahoo:{SHARE.name}", seen(SHARE.name)) as live:
            live.wait_until_reported("provider down", "live", SHARE.name)
            row = _polled_row(standin, **ASKED_AND_WRONG[wrong]())
            before = live.row(SHARE.name)
            assert before is not None
            _answer(standin, row)
            wait_for(lambda: (now := live.row(SHARE.name)) is not None and now.refused > before.refused)
            standin.answer_normally()
            made = standin.quote(SHARE.name, 77.25, time=datetime.now(UTC) + timedelta(seconds=1))
            wait_for(lambda: live.has_received(made, SHARE.name))
            assert prices_never_offered(live, SHARE.name) == set()


def _answer(standin: StandIn, row: dict[str, object]) -> None:
    body = {"quoteResponse": {"result": [row], "error": None}}
    standin.answer_with(Fault.body(body), times=None, path="v7/finance/quote")


def test_volume_of_the_day_becomes_sizes_and_a_reset_invents_none() -> None:
    with stand_in(SHARE) as standin, at_work(standin, f"yahoo:{SHARE.name}", seen(SHARE.name)) as live:
        standin.streams.wait_until_followed("yahoo", SHARE.name)
        live.end_polls()
        made = [standin.quote(SHARE.name, 50.0 + number, size=10 + number) for number in range(5)]
        wait_for(lambda: has_in_order(live, made, SHARE.name))
        assert [quote.size for quote in live.quotes(SHARE.name)[-4:]] == [11.0, 12.0, 13.0, 14.0]
        tape = standin.market.tape(SHARE.name)
        assert tape.day is not None
        tape.day = tape.day._replace(volume=5.0)
        reset = [standin.quote(SHARE.name, 60.0 + number, size=7) for number in range(3)]
        wait_for(lambda: has_in_order(live, reset, SHARE.name))
        assert [quote.size for quote in live.quotes(SHARE.name)[-3:]] == [None, 7.0, 7.0]
