"""Yahoo's polled quotes: what it says of a symbol becomes a Quote, or is refused."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypedDict

import msgspec

from producer.sources.answers import Received
from producer.sources.yahoo.prices import plain_price
from producer.sources.yahoo.session import Delay, Epoch, PriceHint, YahooSession, understood
from shared.errors import SourceDown
from shared.market.exchanges import exchange_told
from shared.market.records import FUTURE_TOLERANCE, Quote, Text
from shared.market.side_fields import amount_or_none, price_or_none

PATH = "/v7/finance/quote"
SOURCE = "yahoo"
SYMBOLS_A_REQUEST = 100
MINUTE = 60.0
OVERNIGHT = "overnight"
"""The session of prices at the place that is open at night; a row's bid and ask are those of the exchange, at rest."""
NO_TYPE = "NONE"
"""The type of what was a symbol once."""
COINS = "CCC"
"""Yahoo's code of the place where coins are traded."""
WITHOUT_VOLUME = ("CRYPTOCURRENCY", "CURRENCY")
CLOSED_STATES = ("CLOSED", "PREPRE", "POSTPOST")
"""What Yahoo calls an exchange that is not open, nor before or after its session."""
BESIDE: dict[str, Any] = {
    "priceHint": PriceHint,
    "exchangeDataDelayedBy": Delay,
    "exchange": Text,
    **dict.fromkeys(("quoteType", "shortName", "longName", "exchangeTimezoneName"), str),
}
"""What a row can do without, and the form that each has. The currency is not among them: it tells what a price is."""


class QuoteRow(msgspec.Struct, rename="camel"):
    """What Yahoo says of one symbol; but for a future a price of 0 means that there is none.

    The fields of type Any stand beside the price: what of them can't be true is left out. Those of the regular
    session come at every hour, also beside a price that was paid before or after it. Overnight, from 20:00 to 04:00 in
    New York, US shares are traded at another place than their exchange.
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
    """What stands beside a price and holds for its trading day."""

    day_open: float | None
    day_high: float | None
    day_low: float | None
    previous_close: float | None
    day_volume: float | None


class Response(msgspec.Struct):
    """Rows still unread: one that can't be understood must not take the others with it."""

    result: list[Any] | None = None
    error: Any = None


class QuoteBody(msgspec.Struct, rename="camel"):
    """The whole answer."""

    quote_response: Response


def rows(session: YahooSession, names: Sequence[str]) -> list[dict[str, Any]]:
    """What Yahoo says of these, in one request; it leaves out what it does not know."""
    asked = {"symbols": ",".join(names), "formatted": "false", "overnightPrice": "true"}
    body = session.get_with_crumb(PATH, asked)
    response = understood(body, QuoteBody).quote_response
    if response.result is None:
        raise SourceDown("Yahoo answered without a list of quotes.")
    return response.result


def read(raw_rows: Sequence[dict[str, Any]], names: Sequence[str], received_time: datetime) -> Received:
    """The quotes among rows; one that makes no sense, or that nobody asked for, is counted as refused."""
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
    """Of which of the names that were asked for a row is, whatever else it holds."""
    symbol = raw.get("symbol") if isinstance(raw, dict) else None
    return {asked[symbol.upper()]} if isinstance(symbol, str) and symbol.upper() in asked else set()


def row_of(raw: object) -> QuoteRow:
    """The row, without what stands beside the price and has no sense. Raises ValidationError where more is wrong."""
    try:
        return msgspec.convert(raw, QuoteRow)
    except msgspec.ValidationError:
        if not isinstance(raw, dict):
            raise
        return msgspec.convert({key: value for key, value in raw.items() if _has_sense(key, value)}, QuoteRow)


def _has_sense(key: str, value: Any) -> bool:
    try:
        msgspec.convert(value, BESIDE.get(key, Any))
    except msgspec.ValidationError:
        return False
    return True


def _quote(row: QuoteRow, name: str, received_time: datetime) -> Quote | None:
    """None where there has never been a price. Raises ValueError where price or time can't be true."""
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
        exchange=exchange_told(row.exchange, row.exchange_timezone_name, row.quote_type),
        session=session,
        **of_session,
    )


def _of_regular_session(row: QuoteRow) -> SessionFigures:
    """What belongs to a price of the regular session."""
    return {
        "day_open": _given(row.regular_market_open, row),
        "day_high": _given(row.regular_market_day_high, row),
        "day_low": _given(row.regular_market_day_low, row),
        "previous_close": _given(row.regular_market_previous_close, row),
        "day_volume": amount_or_none(row.regular_market_volume) if _counts_by_day(row) else None,
    }


def _of_extended_hours(row: QuoteRow) -> SessionFigures:
    """What belongs to a price before or after the session: the close that Yahoo's own change is counted from.

    That is the one of the latest regular session, which `regularMarketPreviousClose` is not: it is the close before.
    Of the volume traded in these hours Yahoo says nothing.
    """
    return {"previous_close": _given(row.regular_market_price, row)}


def _counts_by_day(row: QuoteRow) -> bool:
    """Whether the volume is that of a day: a coin's is that of the last 24 hours, a window that moves.

    Currencies, which are traded at no one place, have none.
    """
    if row.quote_type is None:
        return row.exchange != COINS and row.volume_24_hr is None
    return row.quote_type not in WITHOUT_VOLUME and row.volume_24_hr is None


def _newest(row: QuoteRow, received_time: datetime) -> tuple[int, float, str]:
    """Time, price and session of the newest trade, in the regular session, before or after it, or overnight.

    Raises ValueError where no price has a time. One told outside the session that can't be true costs no price of the
    session.
    """
    latest = (received_time + FUTURE_TOLERANCE).timestamp()
    told = [
        *_trade(row.regular_market_time, row.regular_market_price, "regular"),
        *_trade(_time(row.post_market_time, latest), price_or_none(row.post_market_price), "post"),
        *_trade(_time(row.pre_market_time, latest), price_or_none(row.pre_market_price), "pre"),
        *_trade(
            _time(row.overnight_market_time, latest), price_or_none(row.overnight_market_price), OVERNIGHT
        ),
    ]
    return max(told, key=lambda trade: trade[0])


def _trade(time: int | None, price: float | None, session: str) -> list[tuple[int, float, str]]:
    return [] if not time or price is None else [(time, price, session)]


def _time(value: Any, latest: float) -> int | None:
    """A time in epoch seconds that is not later than `latest`, None where it is none."""
    try:
        time = msgspec.convert(value, Epoch)
    except msgspec.ValidationError:
        return None
    return time if time <= latest else None


def _given(value: Any, row: QuoteRow) -> float | None:
    price = price_or_none(value)
    return None if price is None else plain_price(price, row.price_hint)
