"""The stand-in for the providers: the behaviour on which the tests of live sources depend."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from shared.settings.config import load
from tests.slowness import PATIENCE
from tests.standin import ALPHA_VANTAGE_NOTE, Clock, Fault, Market, StandIn
from tests.unit.standin_clients import (
    WEDNESDAY,
    ask,
    ask_in,
    chart,
    closes,
    decoded,
    pricing,
    volumes,
    with_cookie,
    yahoo_stream,
)

DAY = 86_400
QUOTE = "/v7/finance/quote"


def test_settings_are_those_the_project_takes(standin: StandIn) -> None:
    config = load(None, standin.settings)
    assert config.providers.yahoo_url == standin.settings["YAHOO_URL"]
    assert config.news.base_url == standin.settings["NEWS_URL"]


def test_minutes_sum_up_to_quarters_and_days(clock: Clock) -> None:
    market = Market(clock)
    start, end = datetime(2024, 7, 3, tzinfo=UTC).timestamp(), clock()
    minutes, days = (market.bars("AAPL", seconds, start, end) for seconds in (60, DAY))
    quarters = market.bars("AAPL", 900, start, end)
    assert minutes.volume.sum() == quarters.volume.sum() == days.volume.sum() > 0
    assert minutes.high.max() == quarters.high.max() == days.high.max()
    assert quarters.close[-1] == minutes.close[-1] == days.close[-1]
    assert not quarters.start[0] % 900


def test_nothing_trades_outside_the_sessions(clock: Clock) -> None:
    independence_day = datetime(2024, 7, 4, tzinfo=UTC).timestamp()
    market = Market(clock)
    assert not len(market.bars("AAPL", 60, independence_day, independence_day + DAY).start)
    assert len(market.bars("BTC-USD", 60, independence_day, independence_day + DAY).start) == 1440


def test_the_past_is_the_same_whenever_it_is_requested(clock: Clock) -> None:
    window = clock() - 2.5 * DAY, clock() - 1.5 * DAY
    before = Market(clock).bars("AAPL", 60, *window)
    clock.now += timedelta(days=40)
    after = Market(clock).bars("AAPL", 60, *window)
    assert len(before.start) == 390
    assert np.array_equal(before.close, after.close)


def test_chart_gives_prices_in_the_shares_of_today(standin: StandIn) -> None:
    start, end = datetime(2024, 6, 3, tzinfo=UTC).timestamp(), datetime(2024, 6, 15, tzinfo=UTC).timestamp()
    paid = standin.market.bars("NVDA", DAY, start, end)
    result = chart(standin, "NVDA", interval="1d", period1=int(start), period2=int(end), events="div,splits")
    assert paid.close[4] > 1000 > 200 > paid.close[5]
    assert closes(result)[4] == float(np.float32(paid.close[4] / 10))
    assert volumes(result)[4] == paid.volume[4] * 10
    (split,) = result["events"]["splits"].values()
    assert (split["splitRatio"], split["date"]) == ("10:1", result["timestamp"][5])


def test_chart_of_days_before_a_split_is_not_adjusted_until_it_happens(
    standin: StandIn, clock: Clock
) -> None:
    clock.now = datetime(2024, 6, 7, 15, 0, tzinfo=UTC)
    assert (closes(chart(standin, "NVDA", interval="1d", range="5d"))[-2] or 0) > 1000


def test_halted_minutes_are_null_in_a_chart(standin: StandIn) -> None:
    result = chart(standin, "HALT", interval="1m", range="1d")
    assert [index for index, volume in enumerate(volumes(result)) if volume is None] == [30, 31, 32, 33, 34]
    assert closes(result)[30] is None


def test_last_point_of_a_session_is_the_price_now_without_volume(standin: StandIn) -> None:
    result = chart(standin, "NVDA", interval="5m", range="1d")
    assert result["timestamp"][-1] == int(WEDNESDAY.timestamp()) == result["meta"]["regularMarketTime"]
    assert volumes(result)[-1] == 0


def test_chart_of_a_saturday_has_no_timestamp(standin: StandIn) -> None:
    saturday = int(datetime(2024, 7, 6, tzinfo=UTC).timestamp())
    result = chart(standin, "NVDA", interval="1m", period1=saturday, period2=saturday + DAY)
    assert "timestamp" not in result
    assert result["indicators"] == {"quote": [{}]}


@pytest.mark.parametrize(
    ("interval", "days", "status"),
    [("1m", 8, 200), ("1m", 9, 422), ("1m", 31, 422), ("15m", 60, 200), ("15m", 61, 422), ("1d", 900, 200)],
)
def test_chart_refuses_windows_too_old_or_too_long(
    standin: StandIn, clock: Clock, interval: str, days: int, status: int
) -> None:
    window = {"period1": int(clock()) - days * DAY, "period2": int(clock())}
    answer = ask(standin, "YAHOO_URL", "/v8/finance/chart/NVDA", interval=interval, **window)
    assert answer.status_code == status


def test_unknown_symbol_is_404_in_a_chart_and_left_out_of_quotes(standin: StandIn) -> None:
    assert ask(standin, "YAHOO_URL", "/v8/finance/chart/NONE").status_code == 404
    with with_cookie(standin) as (session, crumb):
        answer = ask_in(session, standin.settings["YAHOO_URL"] + QUOTE, symbols="NONE,7203.T", crumb=crumb)
    assert [quote["currency"] for quote in decoded(answer)["quoteResponse"]["result"]] == ["JPY"]


def test_quotes_want_a_crumb_that_has_not_expired(standin: StandIn) -> None:
    assert ask(standin, "YAHOO_URL", QUOTE, symbols="NVDA").status_code == 401
    with with_cookie(standin) as (session, crumb):
        assert ask_in(session, standin.settings["YAHOO_URL"] + QUOTE, crumb=crumb).status_code == 200
        standin.yahoo.expire()
        assert ask_in(session, standin.settings["YAHOO_URL"] + QUOTE, crumb=crumb).status_code == 401


def test_company_has_every_field(standin: StandIn) -> None:
    with with_cookie(standin) as (session, crumb):
        address = standin.settings["YAHOO_URL"] + "/v10/finance/quoteSummary/"
        asked = {"modules": "assetProfile", "crumb": crumb}
        company = ask_in(session, address + "NVDA", **asked)
        coin = ask_in(session, address + "BTC-USD", **asked)
    assert decoded(company)["quoteSummary"]["result"][0]["assetProfile"]["sector"] == "Technology"
    assert (coin.status_code, decoded(coin)["quoteSummary"]["result"]) == (404, None)


def test_a_trade_reaches_stream_history_and_day_alike(standin: StandIn) -> None:
    before = standin.market.day("NVDA")
    with yahoo_stream(standin, "NVDA", "UNKNOWN") as stream:
        standin.quote("NVDA", 130.0, size=40)
        standin.quote("NVDA", 131.0, size=60)
        first, second = pricing(stream.recv(PATIENCE)), pricing(stream.recv(PATIENCE))
    assert (first.id, first.price, first.time) == ("NVDA", 130.0, int(WEDNESDAY.timestamp()) * 1000)
    assert second.day_volume - first.day_volume == 60
    assert standin.market.day("NVDA").volume < before.volume + 100  # the walked part of this minute is gone
    minute = standin.market.bars("NVDA", 60, WEDNESDAY.timestamp() - 60, WEDNESDAY.timestamp())
    assert [column[-1] for column in minute[1:]] == [130.0, 131.0, 130.0, 131.0, 100.0]


def test_day_volume_begins_again_with_each_session(standin: StandIn, clock: Clock) -> None:
    standin.quote("NVDA", 130.0, size=40)
    clock.now += timedelta(days=1)
    standin.quote("NVDA", 131.0, size=60)
    day = standin.market.day("NVDA")
    assert (day.volume, day.open, day.previous_close) == (60, 131.0, 130.0)


def test_binance_numbers_its_trades_and_keeps_them(standin: StandIn) -> None:
    address = standin.settings["BINANCE_STREAM_URL"] + "/stream?streams=btcusdt@aggTrade"
    with connect(address, close_timeout=0.1) as stream:
        standin.streams.wait_until_followed("binance", "BTCUSDT")
        ids = [standin.quote("BTC-USD", 60_000.0 + step, size=0.25).trade_id for step in range(3)]
        frames = [json.loads(stream.recv(PATIENCE)) for _ in ids]
        stream.send('{"method":"UNSUBSCRIBE","params":["btcusdt@aggTrade"],"id":9}')
        assert json.loads(stream.recv(PATIENCE)) == {"result": None, "id": 9}
    assert [frame["data"]["a"] for frame in frames] == ids
    assert frames[0]["stream"] == "btcusdt@aggTrade"
    answer = ask(standin, "BINANCE_URL", "/api/v3/aggTrades", symbol="BTCUSDT", fromId=ids[1])
    assert [trade["p"] for trade in decoded(answer)] == ["60001.00000000", "60002.00000000"]


def test_binance_klines_are_the_bars_of_the_market(standin: StandIn, clock: Clock) -> None:
    answer = ask(standin, "BINANCE_URL", "/api/v3/klines", symbol="BTCUSDT", interval="1d", limit=3)
    days = standin.market.bars("BTC-USD", DAY, clock() - 3 * DAY, clock())
    assert [float(kline[4]) for kline in decoded(answer)] == days.close.tolist()
    unknown = ask(standin, "BINANCE_URL", "/api/v3/klines", symbol="NONE", interval="1d")
    assert (unknown.status_code, decoded(unknown)["code"]) == (400, -1121)


def test_coingecko_knows_coins_by_their_ids(standin: StandIn) -> None:
    standin.quote("BTC-USD", 61_000.0)
    prices = ask(standin, "COINGECKO_URL", "/simple/price", ids="bitcoin,none", vs_currencies="usd")
    assert decoded(prices) == {"bitcoin": {"usd": 61_000}}
    assert ask(standin, "COINGECKO_URL", "/coins/none").status_code == 404


def test_alpha_vantage_labels_bars_by_their_end_newest_first(standin: StandIn) -> None:
    query = {"function": "TIME_SERIES_INTRADAY", "symbol": "NVDA", "interval": "1min"}
    key = standin.settings["ALPHAVANTAGE_API_KEY"]
    series = decoded(ask(standin, "ALPHAVANTAGE_URL", "/query", apikey=key, **query))["Time Series (1min)"]
    assert list(series)[:2] == ["2024-07-10 11:00:00", "2024-07-10 10:59:00"]
    standin.answer_with(Fault.body(ALPHA_VANTAGE_NOTE))
    assert "Note" in decoded(ask(standin, "ALPHAVANTAGE_URL", "/query", apikey=key, **query))


def test_finnhub_wants_its_key_and_streams_trades(standin: StandIn) -> None:
    key, address = standin.settings["FINNHUB_API_KEY"], standin.settings["FINNHUB_STREAM_URL"]
    with pytest.raises(InvalidStatus), connect(address):
        pass
    assert ask(standin, "FINNHUB_URL", "/quote", symbol="NVDA").status_code == 401
    assert decoded(ask(standin, "FINNHUB_URL", "/quote", symbol="NONE", token=key))["c"] == 0
    with connect(f"{address}?token={key}", close_timeout=0.1) as stream:
        stream.send('{"type":"subscribe","symbol":"NVDA"}')
        standin.streams.wait_until_followed("finnhub", "NVDA")
        standin.streams.ping()
        standin.quote("NVDA", 130.5, size=7)
        assert json.loads(stream.recv(PATIENCE)) == {"type": "ping"}
        assert json.loads(stream.recv(PATIENCE))["data"][0]["v"] == 7
