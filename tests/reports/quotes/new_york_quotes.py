"""Quotes of Yahoo at times of New York, before, within and after its session."""

import json
from base64 import b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from yfinance.pricing_pb2 import PricingData  # type: ignore[import-untyped]

from producer.live.deduplication import Deduplicator
from producer.sources.yahoo.quotes import read
from producer.sources.yahoo.stream import quote_of
from shared.market.records import Quote

NEW_YORK, LONDON = ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
LATER = datetime(2026, 12, 1, tzinfo=UTC)
REGULAR_FIELDS = {
    "regularMarketPrice": 270.0,
    "regularMarketOpen": 268.0,
    "regularMarketDayHigh": 271.0,
    "regularMarketDayLow": 267.0,
    "regularMarketPreviousClose": 266.0,
    "regularMarketVolume": 45_000_000,
}


def second(day: int, hour: int, minute: int, at: int = 0, zone: ZoneInfo = NEW_YORK) -> int:
    """Epoch seconds of a time of day in November 2026: the 19th is a Thursday."""
    return int(datetime(2026, 11, day, hour, minute, at, tzinfo=zone).timestamp())


def polled(**fields: Any) -> Quote:
    """The quote of a row of Yahoo's."""
    row = {"symbol": "AAPL", "quoteType": "EQUITY", "exchange": "NMS", "currency": "USD"}
    received = read([{**row, **REGULAR_FIELDS, **fields}], ["AAPL"], LATER)
    assert received.refused == 0
    return received.quotes[0]


def streamed(**fields: Any) -> Quote:
    """The quote of a frame of Yahoo's stream."""
    values = {"id": "AAPL", "price": 270.5, "exchange": "NMS", "quote_type": 8, "price_hint": 2, **fields}
    message = b64encode(PricingData(**values).SerializeToString()).decode()
    quote = quote_of(json.dumps({"type": "pricing", "message": message}), LATER)
    assert quote is not None
    return quote


def sizes(quotes: Iterable[Quote], is_polled: bool = True) -> list[float | None]:
    """The size that each of a symbol's quotes goes into the log with."""
    deduplicator = Deduplicator("AAPL", None)
    admitted = [deduplicator.admit(quote, is_polled) for quote in quotes]
    assert all(admitted)
    return [quote.size for quote in admitted if quote]
