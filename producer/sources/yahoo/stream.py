"""Yahoo's stream of prices, through yfinance's WebSocket. `Pricing` follows yfinance's pricing.proto.

Pitfalls: Yahoo drops a subscription that is not repeated. Fields with value zero are omitted from a message: missing
market hours are 0 (pre-market), and a missing price was 0 and means none. Integers are sent as text. Prices are 32-bit
floats. The volume is that of the day so far; for a coin it covers the last 24 hours, a moving window, so it is not a
day's volume. Values of the session apply only to a price of the session; no volume of extended hours is sent.
`last_size` is the size of the last trade, which need not be the only one since the previous message; for a coin it is
not a trade size.

yfinance could also receive messages, but it returns without an error when the connection ends, and prints what it
can't parse. So it only subscribes, over our connection with time limits and errors, and messages are parsed here.
"""

import logging
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
import yfinance  # type: ignore[import-untyped]
from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from yfinance.pricing_pb2 import PricingData  # type: ignore[import-untyped]

from producer.sources.answers import Received
from producer.sources.yahoo.prices import plain_price
from producer.sources.yahoo.quotes import COINS, SessionFigures
from producer.transport.provider_clock import ignore_trade_time
from producer.transport.websocket import Connection
from shared.errors import SourceDown
from shared.market.records import EPOCH, Quote, Symbol, Text
from shared.market.side_fields import amount_or_none, price_or_none

SOURCE = "yahoo"
SUBSCRIBE_SECONDS = 15.0
SESSIONS = ("pre", "regular", "post", "extended", "overnight")
"""Sessions by the value of `market_hours`."""
COIN, CURRENCY, FUTURE, INDEX = 41, 14, 18, 9
WITHOUT_EXTENDED_HOURS = (COIN, CURRENCY, FUTURE, INDEX)
"""Quote types without extended hours, for which missing market hours don't mean pre-market."""
MAX_DECIMALS = 12

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class YahooFrame(msgspec.Struct):
    """The wrapper of a message; `message` is Base64."""

    message: str
    type: str = "pricing"


class Pricing(msgspec.Struct):
    """A price with secondary values. `price_hint` is the number of decimals that Yahoo shows.

    Invalid optional numbers are dropped.
    """

    id: Symbol
    price: float
    time: Milliseconds
    currency: Text | None = None
    exchange: Text | None = None
    market_hours: int = 0
    quote_type: int = 0
    day_volume: float | None = None
    day_high: float | None = None
    day_low: float | None = None
    open_price: float | None = None
    previous_close: float | None = None
    bid: float | None = None
    ask: float | None = None
    price_hint: int = 2
    vol_24hr: float | None = None


# It would log each repeated subscription.
logging.getLogger("yfinance").setLevel(logging.WARNING)


def open_stream(
    url: str,
    names: Sequence[str],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    traded: Callable[[float], None] = ignore_trade_time,
) -> "YahooStream":
    """Open a stream of these names. Raises SourceDown, NoNetwork, Throttled or Refused."""
    stream = YahooStream(url, clock, traded)
    stream.follow(names)
    return stream


class YahooStream:
    """A connection and its subscribed symbols. `traded` receives the times of its prices, in epoch seconds."""

    def __init__(self, url: str, clock: Callable[[], datetime], traded: Callable[[float], None]) -> None:
        self._clock, self._traded = clock, traded
        self._connection = Connection(url)
        self._client = yfinance.WebSocket(url, verbose=False)
        # A connection opened by yfinance waits without limit for a response, and ten seconds when it is closed.
        self._client._ws = self._connection
        self._followed: tuple[str, ...] = ()
        self._subscribe_at = 0.0

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to these names and unsubscribe from others. Raises SourceDown."""
        before, self._followed = self._followed, tuple(dict.fromkeys(names))
        if gone := [name for name in before if name not in self._followed]:
            self._client.unsubscribe(gone)
        self._subscribe()

    def receive(self, seconds: float) -> Received:
        """The prices received; repeats the subscription when due. Raises SourceDown."""
        texts = self._connection.receive_all(seconds)
        if time.monotonic() >= self._subscribe_at:
            with suppress(SourceDown):  # the next call raises it; these messages were received before
                self._subscribe()
        now = self._clock()
        read = [quote_of(text, now, self._traded) for text in texts]
        quotes = [quote for quote in read if quote is not None]
        wanted = [quote for quote in quotes if quote.symbol in self._followed]
        return Received(wanted, len(read) - len(quotes))

    def close(self) -> None:
        """Close at once; never raises."""
        self._connection.close()

    def _subscribe(self) -> None:
        self._subscribe_at = time.monotonic() + SUBSCRIBE_SECONDS
        if self._followed:
            self._client.subscribe(self._followed)


def quote_of(text: str, now: datetime, traded: Callable[[float], None] = ignore_trade_time) -> Quote | None:
    """The quote in a message; None if it is unreadable, invalid or of another type."""
    try:
        frame = msgspec.json.decode(text, type=YahooFrame)
        if frame.type != "pricing":
            return None
        message = PricingData.FromString(b64decode(frame.message, validate=True))
        fields = MessageToDict(message, preserving_proto_field_name=True)
        pricing = msgspec.convert(fields, Pricing, strict=False)
        traded(pricing.time / 1000)
        return _quote(pricing, now)
    # ValueError: bad JSON or Base64, a missing or invalid field, or an invalid quote;
    # RecursionError: deeply nested brackets.
    except (ValueError, RecursionError, DecodeError):
        return None


def _quote(pricing: Pricing, now: datetime) -> Quote:
    hint = min(max(pricing.price_hint, 0), MAX_DECIMALS)
    session = _session(pricing)
    return Quote(
        symbol=pricing.id,
        event_time=EPOCH + timedelta(milliseconds=pricing.time),
        price=plain_price(pricing.price, hint),
        source=SOURCE,
        position=0,
        received_time=now,
        bid=_given(pricing.bid, hint),
        ask=_given(pricing.ask, hint),
        currency=pricing.currency,
        exchange=pricing.exchange,
        session=session,
        **_of_session(pricing, hint, session),
    )


def _session(pricing: Pricing) -> str | None:
    """The session by market hours. Instruments without extended hours are always in the regular session."""
    if pricing.quote_type in WITHOUT_EXTENDED_HOURS:
        return "regular"
    return SESSIONS[pricing.market_hours] if 0 <= pricing.market_hours < len(SESSIONS) else None


def _of_session(pricing: Pricing, hint: int, session: str | None) -> SessionFigures:
    """The secondary values of a price of the regular session; empty for other sessions."""
    if session != "regular":
        return {}
    is_coin = pricing.quote_type == COIN or (not pricing.quote_type and pricing.exchange == COINS)
    has_moving_volume = is_coin or pricing.vol_24hr is not None
    return {
        "day_open": _given(pricing.open_price, hint),
        "day_high": _given(pricing.day_high, hint),
        "day_low": _given(pricing.day_low, hint),
        "previous_close": _given(pricing.previous_close, hint),
        "day_volume": None if has_moving_volume else amount_or_none(pricing.day_volume),
    }


def _given(value: float | None, hint: int) -> float | None:
    price = price_or_none(value)
    return None if price is None else plain_price(price, hint)
