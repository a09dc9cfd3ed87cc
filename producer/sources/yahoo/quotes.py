"""Parses Yahoo's polled quotes into Quote records."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

import msgspec

from producer.sources.answers import Received
from producer.sources.yahoo.prices import plain_price
from producer.sources.yahoo.session import Delay, Epoch, PriceHint, YahooSession, parsed
from shared.errors import SourceDown
from shared.market.exchanges import exchange_for_log
from shared.market.records import FUTURE_TOLERANCE, Quote, Text
from shared.market.side_fields import amount_or_none, price_or_none

PATH = "/v7/finance/quote"
SOURCE = "yahoo"
SYMBOLS_A_REQUEST = 100
MINUTE = 60.0
OVERNIGHT = "overnight"
"""The session of prices from the overnight venue; a row's bid and ask are those of the closed exchange."""
NO_TYPE = "NONE"
"""The type of a former symbol."""
COINS = "CCC"
"""Yahoo's exchange code of coins."""
WITHOUT_VOLUME = ("CRYPTOCURRENCY", "CURRENCY")
CLOSED_STATES = ("CLOSED", "PREPRE", "POSTPOST")
"""Yahoo's market states of a closed exchange, outside extended hours."""
BESIDE: dict[str, Any] = {
    "priceHint": PriceHint,
    "exchangeDataDelayedBy": Delay,
    "exchange": Text,
    **dict.fromkeys(("quoteType", "shortName", "longName", "exchangeTimezoneName"), str),
}
"""Optional fields with their types. The currency is not among them, because a price has no meaning without it."""


class QuoteRow(msgspec.Struct, rename="camel"):
    """A row of one symbol; except for a future, a price of 0 means that there is none.

    The fields of type Any are secondary values: invalid ones are dropped. Those of the regular session are always
    present, also with a price of extended hours. Overnight, from 20:00 to 04:00 in New York, US shares are traded at
    another venue than their exchange.
    """

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
    pre_market_price: Any = None
    pre_market_time: Any = None
    post_market_price: Any = None
    post_market_time: Any = None
    overnight_market_price: Any = None
    overnight_market_time: Any = None
    market_state: Any = None
    regular_market_volume: Any = None
    regular_market_open: Any = None
    regular_market_day_high: Any = None
    regular_market_day_low: Any = None
    regular_market_previous_close: Any = None
    volume_24_hr: Any = msgspec.field(name="volume24Hr", default=None)
    bid: Any = None
    ask: Any = None


class SessionFigures(TypedDict, total=False):
    """Secondary values of a quote that apply to its trading day."""

    day_open: float | None
    day_high: float | None
    day_low: float | None
    previous_close: float | None
    day_volume: float | None


class Response(msgspec.Struct):
    """Rows not yet decoded, so that an invalid one does not affect the others."""

    result: list[Any] | None = None
    error: Any = None


class QuoteBody(msgspec.Struct, rename="camel"):
    """The whole response."""

    quote_response: Response


def rows(session: YahooSession, names: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of these names, with one request; Yahoo omits unknown names."""
    asked = {"symbols": ",".join(names), "formatted": "false", "overnightPrice": "true"}
    body = session.get_with_crumb(PATH, asked)
    response = parsed(body, QuoteBody).quote_response
    if response.result is None:
        raise SourceDown("Yahoo's response contains no list of quotes.")
    return response.result


def read(raw_rows: Sequence[dict[str, Any]], names: Sequence[str], received_time: datetime) -> Received:
    """Parse rows into quotes; invalid or unrequested rows are counted as rejected."""
    asked = {name.upper(): name for name in names}
    quotes: list[Quote] = []
    refused, delays = 0, {}
    named: set[str] = set()
    closed: set[str] = set()
    for raw in raw_rows:
        try:
            row = row_of(raw)
            name = asked[row.symbol.upper()]
            quote = _quote(row, name, received_time)
        except (msgspec.ValidationError, ValueError, KeyError):
            refused += 1
            named |= _asked_for(raw, asked)
            continue
        closed |= {name} if row.market_state in CLOSED_STATES else set()
        if quote is None:
            named |= set() if row.quote_type in (None, NO_TYPE) else {name}
        else:
            quotes.append(quote)
            delays[name] = row.exchange_data_delayed_by * MINUTE
    return Received(quotes, refused, delays=delays, named=frozenset(named), closed=frozenset(closed))


def _asked_for(raw: object, asked: Mapping[str, str]) -> set[str]:
    """The requested name of an invalid row, if it has one."""
    symbol = raw.get("symbol") if isinstance(raw, dict) else None
    return {asked[symbol.upper()]} if isinstance(symbol, str) and symbol.upper() in asked else set()


def row_of(raw: object) -> QuoteRow:
    """Parse a row without invalid optional fields. Raises ValidationError if more is invalid."""
    try:
        return msgspec.convert(raw, QuoteRow)
    except msgspec.ValidationError:
        if not isinstance(raw, dict):
            raise
        return msgspec.convert({key: value for key, value in raw.items() if _is_valid(key, value)}, QuoteRow)


def _is_valid(key: str, value: Any) -> bool:
    try:
        msgspec.convert(value, BESIDE.get(key, Any))
    except msgspec.ValidationError:
        return False
    return True


def _quote(row: QuoteRow, name: str, received_time: datetime) -> Quote | None:
    """None if there has never been a price. Raises ValueError if price or time are invalid."""
    if row.regular_market_price is None:
        return None
    time, price, session = _newest(row, received_time)
    of_session = _of_regular_session(row) if session == "regular" else _of_extended_hours(row)
    has_offers = session != OVERNIGHT
    return Quote(
        symbol=name,
        event_time=datetime.fromtimestamp(time, UTC),
        price=plain_price(price, row.price_hint),
        source=SOURCE,
        position=0,
        received_time=received_time,
        bid=_given(row.bid, row) if has_offers else None,
        ask=_given(row.ask, row) if has_offers else None,
        currency=row.currency,
        exchange=exchange_for_log(row.exchange, row.exchange_timezone_name, row.quote_type),
        session=session,
        **of_session,
    )


def _of_regular_session(row: QuoteRow) -> SessionFigures:
    """The secondary values of a price of the regular session."""
    return {
        "day_open": _given(row.regular_market_open, row),
        "day_high": _given(row.regular_market_day_high, row),
        "day_low": _given(row.regular_market_day_low, row),
        "previous_close": _given(row.regular_market_previous_close, row),
        "day_volume": amount_or_none(row.regular_market_volume) if _counts_by_day(row) else None,
    }


def _of_extended_hours(row: QuoteRow) -> SessionFigures:
    """The secondary values of a price in extended hours: the close on which Yahoo's own change is based.

    That is the close of the latest regular session; `regularMarketPreviousClose` is the one before it. Yahoo provides
    no volume for these hours.
    """
    return {"previous_close": _given(row.regular_market_price, row)}


def _counts_by_day(row: QuoteRow) -> bool:
    """Whether the volume is that of a day: a coin's volume covers the last 24 hours, a moving window.

    Currencies, which have no exchange, have no volume.
    """
    if row.quote_type is None:
        return row.exchange != COINS and row.volume_24_hr is None
    return row.quote_type not in WITHOUT_VOLUME and row.volume_24_hr is None


def _newest(row: QuoteRow, received_time: datetime) -> tuple[int, float, str]:
    """Time, price and session of the newest trade: regular, pre, post or overnight.

    Raises ValueError if no price has a time. Invalid values of extended hours are ignored.
    """
    latest = (received_time + FUTURE_TOLERANCE).timestamp()
    trades = [
        *_trade(row.regular_market_time, row.regular_market_price, "regular"),
        *_trade(_time(row.post_market_time, latest), price_or_none(row.post_market_price), "post"),
        *_trade(_time(row.pre_market_time, latest), price_or_none(row.pre_market_price), "pre"),
        *_trade(
            _time(row.overnight_market_time, latest), price_or_none(row.overnight_market_price), OVERNIGHT
        ),
    ]
    return max(trades, key=lambda trade: trade[0])


def _trade(time: int | None, price: float | None, session: str) -> list[tuple[int, float, str]]:
    return [] if not time or price is None else [(time, price, session)]


def _time(value: Any, latest: float) -> int | None:
    """A time in epoch seconds, None if it is invalid or later than `latest`."""
    try:
        time = msgspec.convert(value, Epoch)
    except msgspec.ValidationError:
        return None
    return time if time <= latest else None


def _given(value: Any, row: QuoteRow) -> float | None:
    price = price_or_none(value)
    return None if price is None else plain_price(price, row.price_hint)
