"""Binance's trades, history and pairs over HTTP, with a local server that answers like Binance."""

from datetime import UTC, datetime, timedelta

import pytest

from producer.sources.answers import Company
from shared.errors import Refused, SourceDown, SourceError, Throttled, Unanswered, UnknownSymbol
from shared.market.records import INTERVAL_SECONDS
from tests.unit.local_http import Asked, Reply
from tests.unit.producer.sources.binance.binance_answers import (
    LISTED,
    NOW,
    binance_answering,
    kline,
    klines,
    milliseconds,
    past,
    trade,
    trades,
)

UNKNOWN = Reply({"code": -1121, "msg": "Invalid symbol."}, 400)


def test_trades_after_a_number_come_until_there_are_no_more() -> None:
    with binance_answering(trades) as (provider, local):
        quotes = list(provider.trades_after("btcusdt", 100))
    assert [quote.trade_id for quote in quotes] == list(range(101, 2501))
    assert [asked.params["fromId"] for asked in local.asked] == ["101", "1101", "2101"]
    assert {asked.params["symbol"] for asked in local.asked} == {"BTCUSDT"}
    first = quotes[0]
    assert (first.symbol, first.price, first.size, first.source) == ("btcusdt", 67187.34, 0.0015, "binance")
    assert (first.event_time, first.received_time) == (NOW - timedelta(seconds=5), NOW)
    assert (first.exchange, first.day_volume) == (None, None)


def test_numbers_without_a_trade_are_left_out() -> None:
    rows = [trade(1), trade(2, "0.00000000"), trade(3)]
    with binance_answering(lambda _: Reply(rows)) as (provider, _):
        assert [quote.trade_id for quote in provider.trades_after("BTCUSDT", 0)] == [1, 3]


@pytest.mark.parametrize(
    "rows",
    [
        {"not": "a list"},
        [trade(7) | {"p": "much"}],
        [trade(7) | {"T": None}],
        [trade(3)],
    ],
)
def test_trades_none_of_which_was_requested_are_the_providers_failure(rows: object) -> None:
    with binance_answering(lambda _: Reply(rows)) as (provider, _), pytest.raises(SourceDown):
        list(provider.trades_after("BTCUSDT", 5))


def test_a_poll_gives_the_last_trade_of_each_pair_there_is() -> None:
    def answer(asked: Asked) -> Reply:
        return UNKNOWN if asked.params["symbol"] == "NONE" else trades(asked)

    with binance_answering(answer) as (provider, _):
        received = provider.poll(["BTCUSDT", "NONE", "ETHUSDT"])
    assert [(quote.symbol, quote.trade_id) for quote in received.quotes] == [
        ("BTCUSDT", 2500),
        ("ETHUSDT", 2500),
    ]
    assert received.refused == 0


def test_history_is_in_order_and_longer_bars_come_first() -> None:
    with binance_answering(klines) as (provider, _):
        bars = past(provider)
    keys = [(bar.start, -INTERVAL_SECONDS[bar.interval]) for bar in bars]
    assert keys == sorted(set(keys))
    assert [bar.start for bar in bars if bar.interval == "1d"] == [
        LISTED + timedelta(days=day) for day in range(5)
    ]
    assert sum(bar.interval == "15m" for bar in bars) == 5 * 96 + 40
    assert sum(bar.interval == "1m" for bar in bars) == 5 * 1440 + 607
    assert all(bar.start + timedelta(seconds=INTERVAL_SECONDS[bar.interval]) <= NOW for bar in bars)
    assert {(bar.source, bar.volume, bar.received_time) for bar in bars} == {("binance-history", 3.25, NOW)}
    assert all(bar.close == 1000.5 + bar.start.timestamp() // 60 % 1000 for bar in bars)


def test_history_begins_where_it_was_left() -> None:
    after = datetime(2024, 3, 25, 10, 0, tzinfo=UTC)
    with binance_answering(klines) as (provider, local):
        bars = past(provider, after)
        assert [(bar.interval, bar.start.minute) for bar in bars] == [
            ("1m", minute) for minute in range(1, 7)
        ]
        assert len(local.asked) == 1
        assert past(provider, NOW) == []


def test_history_reports_its_progress() -> None:
    with binance_answering(klines) as (provider, _):
        progress = [(part.done, part.total) for part in provider.history("BTCUSDT", None, NOW)]
        nothing = [*provider.history("BTCUSDT", NOW, NOW)]
    totals = {total for _, total in progress}
    assert totals == {1 + 6 + 11}
    assert progress == sorted(progress)
    assert progress[-1] == (18, 18)
    assert [(part.records, part.done, part.total) for part in nothing] == [([], 1, 1)]


def test_bars_without_a_trade_are_left_out() -> None:
    def answer(asked: Asked) -> Reply:
        seconds = INTERVAL_SECONDS[asked.params["interval"]]
        start = milliseconds(datetime(2024, 3, 25, tzinfo=UTC))
        rows = [kline(start + 1000 * seconds * index, seconds, count=index % 2) for index in range(4)]
        return Reply(rows if asked.params["interval"] == "1m" else [])

    with binance_answering(answer) as (provider, _):
        assert [bar.start.minute for bar in past(provider)] == [1, 3]


@pytest.mark.parametrize(
    "rows",
    [
        {"not": "a list"},
        [["now", "1", "1", "1", "1", "1", 2, "1", 1]],
        [kline(0, 60)],
    ],
)
def test_bars_none_of_which_was_requested_are_the_providers_failure(rows: object) -> None:
    with binance_answering(lambda _: Reply(rows)) as (provider, _), pytest.raises(SourceDown):
        past(provider)


def test_a_bar_that_cannot_be_true_is_left_out() -> None:
    def answer(asked: Asked) -> Reply:
        row = kline(milliseconds(LISTED), 86_400)
        row[2] = "0.5"
        return Reply([row] if asked.params["interval"] == "1d" else [])

    with binance_answering(answer) as (provider, _):
        assert past(provider) == []


def test_a_pair_is_described_by_its_coins() -> None:
    rules = [
        {"filterType": "LOT_SIZE", "stepSize": "1"},
        {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
    ]
    pair = {"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "filters": rules}
    with binance_answering(lambda _: Reply({"timezone": "UTC", "symbols": [pair]})) as (provider, local):
        company = provider.company("BTCUSDT")
    assert company == Company(
        "BTCUSDT", "BTC/USDT", None, None, None, "UTC", "USDT", "CRYPTOCURRENCY", decimals=2
    )
    assert local.asked == [Asked("/api/v3/exchangeInfo", {"symbol": "BTCUSDT"})]


@pytest.mark.parametrize(
    ("reply", "error", "seconds"),
    [
        (UNKNOWN, UnknownSymbol, None),
        (Reply({"code": -1100, "msg": "Illegal characters found."}, 400), UnknownSymbol, None),
        (Reply({"code": -1000, "msg": "An unknown error occurred."}, 400), Unanswered, None),
        (Reply("no JSON", 404), Unanswered, None),
        (Reply({"symbols": []}), Unanswered, None),
        (Reply({"code": -1003, "msg": "Too many requests"}, 429, (("Retry-After", "7"),)), Throttled, 7.0),
        (Reply({"code": -1003, "msg": "Banned"}, 418, (("Retry-After", "120"),)), Throttled, 120.0),
        (Reply({"code": 0, "msg": "a restricted location"}, 451), Refused, None),
        (Reply("", 502), Unanswered, None),
    ],
)
def test_failures_are_named_by_what_happens_next(
    reply: Reply, error: type[SourceError], seconds: float | None
) -> None:
    with binance_answering(lambda _: reply) as (provider, _), pytest.raises(SourceError) as raised:
        provider.company("BTCUSDT")
    assert type(raised.value) is error
    assert raised.value.retry_after == seconds
