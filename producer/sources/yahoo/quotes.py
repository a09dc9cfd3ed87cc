"""Yahoo's polled quotes: what it says of a symbol becomes a Quote, or is refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from producer.sources.provider import Received
from producer.sources.yahoo.prices import plain_price
from producer.sources.yahoo.session import Delay, Epoch, PriceHint, YahooSession, understood
from shared.errors import SourceDown
from shared.exchanges import with_zone
from shared.market import Amount, Quote, Text

PATH = "/v7/finance/quote"
SOURCE = "yahoo"
SYMBOLS_A_REQUEST = 100
MINUTE = 60.0
NO_TYPE = "NONE"
"""The type of what was a symbol once."""


class Row(msgspec.Struct, rename="camel"):
    """What Yahoo says of one symbol; a price of 0 means that there is none."""

    symbol: str
    quote_type: str | None = None
    short_name: str | None = None
    long_name: str | None = None
    exchange: Text | None = None
    exchange_timezone_name: str | None = None
    exchange_data_delayed_by: Delay = 0.0
    currency: Text | None = None
    price_hint: PriceHint = 2
    regular_market_price: float | None = None
    regular_market_time: Epoch | None = None
    pre_market_price: float | None = None
    pre_market_time: Epoch | None = None
    post_market_price: float | None = None
    post_market_time: Epoch | None = None
    regular_market_volume: Amount | None = None
    regular_market_open: Amount | None = None
    regular_market_day_high: Amount | None = None
    regular_market_day_low: Amount | None = None
    regular_market_previous_close: Amount | None = None
    bid: Amount | None = None
    ask: Amount | None = None


class Response(msgspec.Struct):
    """Rows still unread: one that can't be understood must not take the others with it."""

    result: list[Any] | None = None
    error: Any = None


class Body(msgspec.Struct, rename="camel"):
    """The whole answer."""

    quote_response: Response


def rows(session: YahooSession, names: Sequence[str]) -> list[dict[str, Any]]:
    """What Yahoo says of these, in one request; it leaves out what it does not know."""
    body = session.get_with_crumb(PATH, {"symbols": ",".join(names), "formatted": "false"})
    response = understood(body, Body).quote_response
    if response.result is None:
        raise SourceDown("Yahoo answered without a list of quotes.")
    return response.result


def read(raw_rows: Sequence[dict[str, Any]], names: Sequence[str], received_time: datetime) -> Received:
    """The quotes among rows; one that makes no sense, or that nobody asked for, is counted as refused."""
    asked = {name.upper(): name for name in names}
    quotes: list[Quote] = []
    refused, delays = 0, {}
    named: set[str] = set()
    for raw in raw_rows:
        try:
            row = msgspec.convert(raw, Row)
            name = asked[row.symbol.upper()]
            quote = _quote(row, name, received_time)
        except (msgspec.ValidationError, ValueError, KeyError):
            refused += 1
            named |= _asked_for(raw, asked)
            continue
        if quote is None:
            named |= set() if row.quote_type in (None, NO_TYPE) else {name}
        else:
            quotes.append(quote)
            delays[name] = row.exchange_data_delayed_by * MINUTE
    return Received(quotes, refused, delays=delays, named=frozenset(named))


def _asked_for(raw: object, asked: Mapping[str, str]) -> set[str]:
    """Of which of the names that were asked for a row is, whatever else it holds."""
    symbol = raw.get("symbol") if isinstance(raw, dict) else None
    return {asked[symbol.upper()]} if isinstance(symbol, str) and symbol.upper() in asked else set()


def _quote(row: Row, name: str, received_time: datetime) -> Quote | None:
    """None where there has never been a price. Raises ValueError where price or time can't be true."""
    if row.regular_market_price is None:
        return None
    time, price, session = _newest(row)
    return Quote(
        symbol=name,
        event_time=datetime.fromtimestamp(time, UTC),
        price=plain_price(price, row.price_hint),
        source=SOURCE,
        position=0,
        received_time=received_time,
        bid=_given(row.bid, row),
        ask=_given(row.ask, row),
        day_open=_given(row.regular_market_open, row),
        day_high=_given(row.regular_market_day_high, row),
        day_low=_given(row.regular_market_day_low, row),
        previous_close=_given(row.regular_market_previous_close, row),
        day_volume=row.regular_market_volume,
        currency=row.currency,
        exchange=with_zone(row.exchange, row.exchange_timezone_name),
        session=session,
    )


def _newest(row: Row) -> tuple[int, float, str]:
    """Time, price and session of the newest trade, in the regular session or before or after it.

    Raises ValueError where no price has a time.
    """
    regular = (row.regular_market_time, row.regular_market_price, "regular")
    post = (row.post_market_time, row.post_market_price, "post")
    pre = (row.pre_market_time, row.pre_market_price, "pre")
    told = [(time, price, word) for time, price, word in (regular, post, pre) if time and price is not None]
    return max(told, key=lambda trade: trade[0])


def _given(price: float | None, row: Row) -> float | None:
    return plain_price(price, row.price_hint) if price else None
