"""Values beside a price: an impossible one is left out, and the price is stored."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from yfinance.pricing_pb2 import PricingData  # type: ignore[import-untyped]

from producer.sources.finnhub.provider import received
from producer.sources.yahoo.charts.chart_types import Chart
from producer.sources.yahoo.quotes import read
from producer.sources.yahoo.stream import quote_of
from shared.errors import BadMessage
from shared.market.messages import decode, encode
from shared.market.records import Quote, RecordedBar
from tests.inputs.chart_records import bars

NOW = datetime(2020, 4, 21, 18, 0, 5, tzinfo=UTC)
SECOND = int(NOW.timestamp()) - 5
OIL = {
    "symbol": "CL=F",
    "quoteType": "FUTURE",
    "exchange": "NYM",
    "currency": "USD",
    "regularMarketPrice": 10.01,
    "regularMarketTime": SECOND,
}
NO_FIGURES = [-37.63, 0, float("nan"), float("inf"), -float("inf"), 10**400, "16.1", [], True]


@pytest.mark.parametrize("false", NO_FIGURES)
@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("regularMarketPreviousClose", "previous_close"),
        ("regularMarketOpen", "day_open"),
        ("regularMarketDayHigh", "day_high"),
        ("regularMarketDayLow", "day_low"),
        ("bid", "bid"),
        ("ask", "ask"),
    ],
)
def test_polled_row_with_a_figure_that_can_not_be_true_keeps_its_price(
    wire: str, field: str, false: object
) -> None:
    """CL=F on 2020-04-21 at 10.01, after a close of -37.63: the whole row was refused."""
    result = read([{**OIL, wire: false}], ["CL=F"], NOW)
    assert (result.refused, [quote.price for quote in result.quotes]) == (0, [10.01])
    assert getattr(result.quotes[0], field) is None


@pytest.mark.parametrize("false", [-5, float("nan"), float("inf"), "many", None])
def test_polled_row_with_a_volume_that_can_not_be_true_keeps_its_price(false: object) -> None:
    """The same with its volume."""
    [quote] = read([{**OIL, "regularMarketVolume": false}], ["CL=F"], NOW).quotes
    assert (quote.price, quote.day_volume) == (10.01, None)


@pytest.mark.parametrize(
    "beside",
    [
        {"priceHint": -1},
        {"priceHint": "two"},
        {"exchangeDataDelayedBy": -15},
        {"shortName": 7},
        {"exchange": []},
    ],
)
def test_wrong_text_beside_a_price_keeps_the_price_too(beside: dict[str, Any]) -> None:
    """Text fields for how a price is shown, or from where it comes."""
    assert [quote.price for quote in read([{**OIL, **beside}], ["CL=F"], NOW).quotes] == [10.01]


def frame(**fields: Any) -> Quote | None:
    """A frame of Yahoo's stream as a quote."""
    values = {
        "id": "CL=F",
        "price": 10.01,
        "time": SECOND * 1000,
        "exchange": "NYM",
        "quote_type": 18,
        **fields,
    }
    message = b64encode(PricingData(**values).SerializeToString()).decode()
    return quote_of(json.dumps({"type": "pricing", "message": message}), NOW)


@pytest.mark.parametrize("false", [-37.63, float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("field", ["previous_close", "open_price", "day_high", "day_low", "bid", "ask"])
def test_frame_with_a_figure_that_can_not_be_true_keeps_its_price(field: str, false: float) -> None:
    """The same over the stream."""
    quote = frame(market_hours=1, **{field: false})
    assert quote is not None
    assert quote.price == 10.01
    assert getattr(quote, {"open_price": "day_open"}.get(field, field)) is None


@pytest.mark.parametrize(
    "beside", [{"day_volume": -5}, {"price_hint": -3}, {"price_hint": 99}, {"vol_24hr": -1}]
)
def test_frame_with_whole_numbers_that_can_not_be_true_keeps_its_price(beside: dict[str, int]) -> None:
    """Volumes and decimals over the stream."""
    quote = frame(market_hours=1, **beside)
    assert quote is not None
    assert (quote.price, quote.day_volume) == (10.01, None)


MESSAGE: dict[str, Any] = {
    "kind": "quote.v1",
    "symbol": "AAPL",
    "event_time": "2024-01-03T12:00:00Z",
    "price": 185.25,
    "source": "test",
    "position": 7,
    "received_time": "2024-01-03T12:00:00Z",
    "bid": 185.2,
}
FIGURES = ["size", "bid", "ask", "day_open", "day_high", "day_low", "previous_close", "day_volume"]


@pytest.mark.parametrize("field", FIGURES)
@pytest.mark.parametrize("false", [-0.5, -37.63, 10**30, 1e300, 10**400])
def test_message_with_a_figure_that_can_not_be_true_keeps_its_price(field: str, false: float) -> None:
    """A negative figure beside a price made a dead letter of the whole message."""
    record = decode(json.dumps({**MESSAGE, field: false}).encode(), 2**41)
    assert isinstance(record, Quote)
    assert (record.price, getattr(record, field)) == (185.25, None)
    assert record.bid == (None if field == "bid" else 185.2)
    assert decode(encode(record), 2**41) == record


@pytest.mark.parametrize("volume", [-1, 1e30])
def test_recorded_bar_with_a_volume_that_can_not_be_true_keeps_its_prices(volume: float) -> None:
    """The same in a message of history."""
    bar = {
        "kind": "bar.v1",
        "symbol": "AAPL",
        "interval": "1m",
        "start": "2024-01-03T12:00:00Z",
        "open": 1.0,
        "high": 2.0,
        "low": 1.0,
        "close": 2.0,
        "volume": volume,
        "source": "test",
        "position": 7,
        "received_time": "2024-01-03T12:01:00Z",
    }
    record = decode(json.dumps(bar).encode(), 2**41)
    assert isinstance(record, RecordedBar)
    assert (record.close, record.volume) == (2.0, None)


@pytest.mark.parametrize("volume", [-1.0, 1e300])
def test_bar_of_yahoos_history_with_a_volume_that_can_not_be_true_keeps_its_prices(volume: float) -> None:
    """The same in a chart."""
    start = int(datetime(2020, 4, 20, 13, 30, tzinfo=UTC).timestamp())
    prices = {name: [10.01] for name in ("open", "high", "low", "close")}
    body = {
        "meta": {"exchangeTimezoneName": "America/New_York", "exchangeName": "NMS"},
        "timestamp": [start],
        "indicators": {"quote": [{**prices, "volume": [volume]}]},
    }
    [bar] = bars(msgspec.convert(body, Chart), "X", "1m", NOW)
    assert (bar.close, bar.volume) == (10.01, None)


def test_message_that_is_wrong_in_more_than_a_figure_is_a_dead_letter_with_its_reason() -> None:
    """Leaving a figure out must not let anything else pass."""
    for wrong in ({"price": -1}, {"symbol": "two words"}, {"bid": "185"}):
        with pytest.raises(BadMessage):
            decode(json.dumps({**MESSAGE, "size": -1, **wrong}).encode(), 2**41)


@pytest.mark.parametrize("false", [-1, 0, 1e300, "NaN", "many", True, None, []])
def test_trade_of_finnhub_with_a_size_that_can_not_be_true_keeps_its_price(false: object) -> None:
    """A size of a trade that is zero, negative or no number."""
    text = json.dumps({"type": "trade", "data": [{"s": "AAPL", "p": 7.5, "t": SECOND * 1000, "v": false}]})
    result = received(text, NOW + timedelta(seconds=1))
    assert [(quote.price, quote.size) for quote in result.quotes] == [(7.5, None)]
