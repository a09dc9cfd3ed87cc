"""Answers of a provider with one invalid row: only that row is left out, and the rows around it are read."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from producer.sources.alpha_vantage.candles import day_bars, minute_bars
from producer.sources.yahoo.company import CompanySummary, company_of
from tests.unit.local_http import Asked, Reply
from tests.unit.producer.sources.binance.binance_answers import (
    binance_answering,
    kline,
    milliseconds,
    past,
    trade,
)

LATER = datetime(2024, 7, 10, 15, tzinfo=UTC)


def pages(*rows: dict[str, object]) -> Callable[[Asked], Reply]:
    """A server that has these trades and sends them in this order."""
    return lambda asked: Reply([row for row in rows if int(str(row["a"])) >= int(asked.params["fromId"])])


def test_trade_that_is_twice_on_a_page_is_one_trade_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Scenario: a page with one number twice was refused at every try, and the pair got no later trade."""
    with binance_answering(pages(trade(6), trade(7), trade(7), trade(8))) as (provider, _):
        assert [quote.trade_id for quote in provider.trades_after("BTCUSDT", 5)] == [6, 7, 8]
    assert caplog.messages == ["Binance's trades of BTCUSDT: 1 skipped, the first one because: 7 is repeated"]


def test_second_trade_of_a_number_with_another_price_is_set_aside_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Scenario: two trades of one number, of which one can't be true. A plain repetition hides no other one."""
    rows = (trade(6), trade(6), trade(7), trade(7, "1.5"), trade(8))
    with binance_answering(pages(*rows)) as (provider, _):
        quotes = list(provider.trades_after("BTCUSDT", 5))
    assert [(quote.trade_id, quote.price) for quote in quotes] == [(each, 67187.34) for each in (6, 7, 8)]
    (line,) = caplog.messages
    assert line.startswith("Binance's trades of BTCUSDT: 2 skipped, the first one because: 7 is repeated: ")
    assert "p=67187.34" in line
    assert "is kept, BinanceTrade(a=7, p=1.5" in line


def test_trades_out_of_order_are_put_in_order_and_older_ones_left_out() -> None:
    """Scenario: the same fault, with a number that was on the page before."""
    rows = [trade(6), trade(9), trade(8), trade(3), trade(7)]
    with binance_answering(lambda _: Reply(rows)) as (provider, _):
        assert [quote.trade_id for quote in provider.trades_after("BTCUSDT", 5)] == [6, 7, 8, 9]


def test_reading_goes_on_after_a_full_page_with_a_repetition() -> None:
    """Scenario: a thousand rows, two of one number: the page after it is requested all the same."""

    def answer(asked: Asked) -> Reply:
        first = int(asked.params["fromId"])
        numbers = [*range(first, min(2501, first + 1000))]
        return Reply([trade(number) for number in [numbers[0], *numbers][: int(asked.params["limit"])]])

    with binance_answering(answer) as (provider, _):
        assert [quote.trade_id for quote in provider.trades_after("BTCUSDT", 100)] == [*range(101, 2501)]


def test_bar_that_is_twice_on_a_page_is_one_bar() -> None:
    """The same fault in a history: a repeated row of klines refused all of it."""
    start = milliseconds(datetime(2024, 3, 25, 9, tzinfo=UTC))
    rows = [kline(start + 60_000 * minute, 60) for minute in (1, 0, 1, 2)]
    other = [*rows[3][:1], "9.5", "9.5", "9.5", "9.5", *rows[3][5:]]
    with binance_answering(
        lambda asked: Reply([*rows, other] if asked.params["interval"] == "1m" else [])
    ) as (
        provider,
        _,
    ):
        bars = past(provider)
    assert [bar.start.minute for bar in bars] == [0, 1, 2]
    assert bars[2].close == float(str(rows[3][4]))


def test_odd_rule_of_a_pair_keeps_its_description() -> None:
    """The same fault in the description of a pair: a rule that nobody reads was of another form."""
    filters: list[Any] = [{"filterType": 7}, None, {"filterType": "PRICE_FILTER", "tickSize": "0.00100000"}]
    pair = {"baseAsset": "BTC", "quoteAsset": "USDT", "filters": filters}
    with binance_answering(lambda _: Reply({"symbols": [pair]})) as (provider, _):
        assert provider.company("BTCUSDT").decimals == -int(Decimal("0.001").as_tuple().exponent)


@pytest.mark.parametrize("label", ["0001-01-01", "9999-12-31", "2024-07-08T00:00:00+00:00"])
def test_label_that_is_no_day_of_an_exchange_costs_no_other_day(label: str) -> None:
    """The same fault at Alpha Vantage: a date at the end of the calendar, and one with a zone of its own."""
    candle = {"1. open": "5", "2. high": "6", "3. low": "4", "4. close": "5", "5. volume": "9"}
    for series, read in (("Time Series (Daily)", day_bars), ("Time Series (1min)", minute_bars)):
        body = {"Meta Data": {"5. Time Zone": "US/Eastern"}, series: {label: candle, "2024-07-09": candle}}
        found = read("600519.SHH", body, LATER, LATER)
        assert [bar.start.day for bar in found.bars] == [9]
        assert found.skipped.count <= 1


def test_odd_field_of_a_description_keeps_the_others() -> None:
    """The same fault at Yahoo: a delay below zero, or a profile that is no object, refused all that is known of a
    share."""
    price = {
        "longName": "Apple Inc.",
        "exchange": "NMS",
        "currency": "USD",
        "exchangeDataDelayedBy": -1,
        "priceHint": 4,
    }
    body = {"price": price, "assetProfile": "none", "quoteType": {"timeZoneFullName": "America/New_York"}}
    found = company_of("AAPL", msgspec.convert(body, CompanySummary))
    assert (found.name, found.exchange, found.currency, found.decimals) == ("Apple Inc.", "NMS", "USD", 4)
    assert (found.delay, found.sector, found.time_zone) == (0.0, None, "America/New_York")
