"""Prices of futures at zero and below are real: stored, shown as the last price and reported; they are in no bar."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from yfinance.pricing_pb2 import PricingData  # type: ignore[import-untyped]

from analytics.analytics_consumer import analyse
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from consumer.consumer import store
from producer.live.deduplication import KnownOfSymbol
from producer.live.failover import STEADY_SECONDS, Failover
from producer.live.followed import Followed
from producer.live.quality.health import SourceHealth
from producer.live.quality.report import quality_row
from producer.sources.yahoo.quotes import read
from producer.sources.yahoo.stream import quote_of
from shared.errors import BadMessage, ConfigError
from shared.kafka import partition_of
from shared.market.listings import Listing
from shared.market.messages import decode, encode
from shared.market.records import Quote, TimeMark
from shared.recordings.sequence import recorded
from tests.integration.desk import Desk

NOW = datetime(2020, 4, 20, 18, 30, tzinfo=UTC)


def quote(second: float, price: float, symbol: str = "CL=F", **fields: Any) -> Quote:
    """A quote of crude oil on the day its price fell below zero."""
    time = NOW + timedelta(seconds=second)
    values: dict[str, Any] = {
        "source": "yahoo",
        "position": 0,
        "exchange": "NYM",
        "currency": "USD",
        **fields,
    }
    return Quote(symbol=symbol, event_time=time, received_time=time, price=price, **values)


@pytest.mark.parametrize("price", [-37.63, -0.01, 0.0, -40.32])
@pytest.mark.parametrize(("symbol", "exchange"), [("CL=F", None), ("CLK20.NYM", "NYM"), ("CRUDE", "NYM")])
def test_price_of_a_future_may_be_zero_or_below(price: float, symbol: str, exchange: str | None) -> None:
    """Crude oil on 2020-04-20 settled at -37.63."""
    sent = quote(0, price, symbol, exchange=exchange)
    assert decode(encode(sent), 2**41) == sent


@pytest.mark.parametrize("price", [-1e15, float("nan"), -float("inf")])
def test_price_of_a_future_is_a_finite_number(price: float) -> None:
    """No instrument has other prices."""
    with pytest.raises(ValueError, match="not a finite positive number"):
        quote(0, price)


@pytest.mark.parametrize(
    ("symbol", "exchange"),
    [
        ("AAPL", "NMS"),
        ("BTC-USD", "CCC"),
        ("EURUSD=X", "CCY"),
        ("^GSPC", "SNP"),
        ("BP.L", "LSE"),
        ("A", None),
    ],
)
def test_price_of_nothing_else_may_be_zero_or_below(symbol: str, exchange: str | None) -> None:
    """Shares, funds, coins, currencies and indices."""
    for price in (-1.0, 0.0):
        with pytest.raises(ValueError, match="not a finite positive number"):
            quote(0, price, symbol, exchange=exchange)
    raw = encode(quote(0, 5.0, symbol, exchange=exchange)).replace(b'"price":5.0', b'"price":-5.0')
    with pytest.raises(BadMessage, match="not a finite positive number"):
        decode(raw, 2**41)


@pytest.mark.parametrize("price", [-37.63, 0])
def test_polled_price_of_a_future_at_zero_or_below_is_a_quote(price: float) -> None:
    """Yahoo's row, and its frame; a price that a frame leaves out may be no price at all."""
    row = {
        "symbol": "CL=F",
        "quoteType": "FUTURE",
        "exchange": "NYM",
        "regularMarketTime": int(NOW.timestamp()),
    }
    received = read([{**row, "regularMarketPrice": price}], ["CL=F"], NOW)
    assert (received.refused, [each.price for each in received.quotes]) == (0, [price])
    values = {
        "id": "CL=F",
        "price": price,
        "time": int(NOW.timestamp()) * 1000,
        "exchange": "NYM",
        "quote_type": 18,
    }
    message = b64encode(PricingData(**values).SerializeToString()).decode()
    streamed = quote_of(json.dumps({"type": "pricing", "message": message}), NOW)
    assert (streamed and streamed.price) == (price or None)


def test_recorded_file_may_hold_such_a_price_of_a_future_and_of_nothing_else(tmp_path: Path) -> None:
    """What the pipeline exports it must be able to play back."""
    path = tmp_path / "quotes.csv"
    path.write_text("symbol,event_time,price,exchange\nCL=F,1587407400,-37.63,NYM\n")
    assert [each.price for each in recorded([path]) if isinstance(each, Quote)] == [-37.63]
    path.write_text("symbol,event_time,price,exchange\nAAPL,1587407400,-37.63,NMS\n")
    with pytest.raises(ConfigError, match="line 2: price is not a finite positive number"):
        list(recorded([path]))


def test_no_bar_takes_such_a_price_and_it_is_the_last_one_until_a_newer_one_comes() -> None:
    """The fold: a fall through zero and back, then time goes on."""
    engine = Engine(EngineSettings())
    prices = [
        (0, 10.0),
        (10, 1.5),
        (20, 0.0),
        (30, -37.63),
        (31, -37.0),
        (70, -20.0),
        (130, 9.0),
        (131, 10.01),
    ]
    for offset, (second, price) in enumerate(prices):
        engine.fold(quote(second, price), offset)
        last = engine.symbols["CL=F"].last
        assert last is not None
        assert last.price == price
    assert engine.symbols["CL=F"].quotes == len(prices)
    end = NOW + timedelta(minutes=10)
    engine.fold(TimeMark(time=end, source="yahoo", position=0, received_time=end, symbol="CL=F"), 9)
    minutes = [event.closed.bar for event in engine.take_events() if event.closed.bar.interval == "1m"]
    assert [(bar.low, bar.close, bar.quotes) for bar in minutes] == [(1.5, 1.5, 2), (9.0, 10.01, 2)]
    again = Engine(EngineSettings())
    again.fold(quote(0, -37.63), 0)
    kept = msgspec.json.decode(msgspec.json.encode(again.symbols["CL=F"].state()))
    restored = Engine(EngineSettings())
    restored.restore(again.state(), {"CL=F": kept})
    assert restored.symbols["CL=F"].last == again.symbols["CL=F"].last


def test_quality_of_the_symbol_and_an_alert_report_it_until_the_price_is_above_zero() -> None:
    """What the page shows beside the price."""
    followed = Followed("CL=F", (Listing("yahoo", "CL=F"),), None, False, 2.0, 0.01)
    health = SourceHealth(streams=True)
    health.connected()

    def take(second: float, price: float) -> str:
        sent = quote(second, price)
        now = sent.received_time.timestamp()
        assert followed.take("yahoo", sent, now, False, True)
        return quality_row(followed, health, now).detail

    assert "zero or below" not in take(0, 10.0)
    assert take(1, -37.63).startswith("the price is -37.63")
    assert "zero or below" in take(2, 0.0)
    assert "zero or below" not in take(3, 10.01)
    assert [(finding.kind, finding.is_raised) for finding in followed.findings] == [
        ("below zero", True),
        ("below zero", False),
    ]


def test_alert_of_an_earlier_run_is_cleared_by_the_first_price_above_zero() -> None:
    """A restart in between must not leave it up."""
    followed = Followed("CL=F", (Listing("yahoo", "CL=F"),), KnownOfSymbol(1.0), False, 2.0, 0.01)
    followed.take("yahoo", quote(0, 10.0), NOW.timestamp(), False, True)
    assert [(finding.kind, finding.is_raised) for finding in followed.findings] == [("below zero", False)]


@pytest.mark.parametrize(
    ("one", "other"), [(0.0, 0.0), (-37.63, -37.63), (-37.63, -20.0), (0.0, 5.0), (5.0, 0.0)]
)
def test_two_sources_of_such_prices_can_be_compared(one: float, other: float) -> None:
    """The difference was divided by the other price, also where that is zero."""
    choice = Failover(("yahoo", "finnhub"), threshold=0.01)
    for second in range(1, int(STEADY_SECONDS) + 5):
        choice.take("yahoo", one, float(second))
        choice.take("finnhub", other, float(second))
        verdict = choice.compare(float(second))
        if verdict:
            break
    assert verdict == ("" if one == other else "raise")
    assert 0.0 <= choice.difference < 100.0


def test_such_a_price_is_stored_and_is_the_last_one_in_the_tables(desk: Desk) -> None:
    """Through Kafka and PostgreSQL."""
    prices = [10.0, -37.63]
    received = datetime.now(UTC)
    desk.publish(
        [msgspec.structs.replace(quote(n, price), received_time=received) for n, price in enumerate(prices)],
        partition=partition_of(b"CL=F", desk.log.partitions),
    )
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
    assert desk.rows("select price from quotes order by event_time") == [(10.0,), (-37.63,)]
    assert desk.rows("select price from symbols") == [(-37.63,)]
    assert desk.rows("select count(*) from bars where low <= 0") == [(0,)]
    assert desk.rows("select count(*) from dead_letters") == [(0,)]
