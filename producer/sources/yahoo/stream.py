"""Yahoo's stream of prices, through yfinance's WebSocket. Pricing is what yfinance's pricing.proto says.

Its traps. Yahoo forgets a subscription that is not repeated. A field of value zero is left out of a message: absent
market hours are 0, before the market, and a price that is absent was 0 and is none. Whole numbers come as text.
Prices are floats of 32 bits. The volume is that of the day so far, of a coin that of the last 24 hours, a window
that moves and therefore no day's volume. What is told of the session counts beside a price of the session alone: of
volumes traded before or after it nothing is told. `last_size` is the size of the last trade, which need not be the
only one since the message before; of a coin it is no trade's.

yfinance would listen too, but ends without a word where the connection does, and prints what it can't read. So it
subscribes here, over a connection that has limits and says why it ended, and its messages are read here.
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
from producer.sources.yahoo.quotes import COINS, SessionFigures
from producer.transport.provider_clock import nobody_asked
from producer.transport.websocket import Connection
from shared.errors import SourceDown
from shared.market.records import EPOCH, Quote, Symbol, Text
from shared.market.side_fields import amount_or_none, price_or_none

SOURCE = "yahoo"
SUBSCRIBE_SECONDS = 15.0
SESSIONS = ("pre", "regular", "post", "extended", "overnight")
"""By market hours."""
COIN, CURRENCY, FUTURE, INDEX = 41, 14, 18, 9
WITHOUT_EXTENDED_HOURS = (COIN, CURRENCY, FUTURE, INDEX)
"""By the type of the quote: these are traded in one session, so market hours that are absent mean nothing."""
SPARE_DECIMALS, MOST_DECIMALS = 2, 12
FLOAT32_NOISE = 2.0**-22
"""Two floats of 32 bits that are no further apart, as a share of them, are at most two steps apart."""

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class YahooFrame(msgspec.Struct):
    """What a message is wrapped in: `message` is Base64."""

    message: str
    type: str = "pricing"


class Pricing(msgspec.Struct):
    """One price with what Yahoo sends along. `price_hint` is how many decimals Yahoo shows.

    The numbers that may be absent stand beside the price: what of them can't be true is left out.
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


# Each repetition of a subscription would be a line of its log.
logging.getLogger("yfinance").setLevel(logging.WARNING)


def open_stream(
    url: str,
    names: Sequence[str],
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    traded: Callable[[float], None] = nobody_asked,
) -> "YahooStream":
    """A stream of these. Raises SourceDown, NoNetwork, Throttled or Refused where there can be none."""
    stream = YahooStream(url, clock, traded)
    stream.follow(names)
    return stream


class YahooStream:
    """One connection, and the symbols it is subscribed to. `traded` is told the times of its prices, epoch seconds."""

    def __init__(self, url: str, clock: Callable[[], datetime], traded: Callable[[float], None]) -> None:
        self._clock, self._traded = clock, traded
        self._connection = Connection(url)
        self._heard = self._connection.last_heard
        self._client = yfinance.WebSocket(url, verbose=False)
        # What yfinance opens itself waits without end for an answer, and for ten seconds to be closed.
        self._client._ws = self._connection
        self._followed: tuple[str, ...] = ()
        self._subscribe_at = 0.0

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to these, and unsubscribe from what is not among them. Raises SourceDown."""
        before, self._followed = self._followed, tuple(dict.fromkeys(names))
        if gone := [name for name in before if name not in self._followed]:
            self._client.unsubscribe(gone)
        self._subscribe()

    def receive(self, seconds: float) -> Received:
        """The prices that came. Repeats the subscription where it is time to. Raises SourceDown."""
        texts = self._connection.receive_all(seconds)
        if time.monotonic() >= self._subscribe_at:
            with suppress(SourceDown):  # the next call tells it; what came before counts
                self._subscribe()
        before, self._heard = self._heard, self._connection.last_heard
        now = self._clock()
        read = [quote_of(text, now, self._traded) for text in texts]
        quotes = [quote for quote in read if quote is not None]
        wanted = [quote for quote in quotes if quote.symbol in self._followed]
        return Received(wanted, len(read) - len(quotes), alive=bool(texts) or self._heard > before)

    def close(self) -> None:
        """Close at once; never raises."""
        self._connection.close()

    def _subscribe(self) -> None:
        self._subscribe_at = time.monotonic() + SUBSCRIBE_SECONDS
        if self._followed:
            self._client.subscribe(self._followed)


def quote_of(text: str, now: datetime, traded: Callable[[float], None] = nobody_asked) -> Quote | None:
    """The quote in a message; None where it is unreadable, of another type, or can't be true."""
    try:
        frame = msgspec.json.decode(text, type=YahooFrame)
        if frame.type != "pricing":
            return None
        message = PricingData.FromString(b64decode(frame.message, validate=True))
        fields = MessageToDict(message, preserving_proto_field_name=True)
        pricing = msgspec.convert(fields, Pricing, strict=False)
        traded(pricing.time / 1000)
        return _quote(pricing, now)
    # ValueError is bad JSON or Base64, a field that is missing or out of its range, or a quote that can't be true;
    # RecursionError is brackets without end.
    except (ValueError, RecursionError, DecodeError):
        return None


def _quote(pricing: Pricing, now: datetime) -> Quote:
    digits = min(max(pricing.price_hint, 0), MOST_DECIMALS) + SPARE_DECIMALS
    session = _session(pricing)
    return Quote(
        symbol=pricing.id,
        event_time=EPOCH + timedelta(milliseconds=pricing.time),
        price=_without_noise(pricing.price, digits),
        source=SOURCE,
        position=0,
        received_time=now,
        bid=_given(pricing.bid, digits),
        ask=_given(pricing.ask, digits),
        currency=pricing.currency,
        exchange=pricing.exchange,
        session=session,
        **_of_session(pricing, digits, session),
    )


def _session(pricing: Pricing) -> str | None:
    """By market hours. What has no hours before and after its session is always in it."""
    if pricing.quote_type in WITHOUT_EXTENDED_HOURS:
        return "regular"
    return SESSIONS[pricing.market_hours] if 0 <= pricing.market_hours < len(SESSIONS) else None


def _of_session(pricing: Pricing, digits: int, session: str | None) -> SessionFigures:
    """What belongs to a price of the regular session; nothing to any other."""
    if session != "regular":
        return {}
    is_coin = pricing.quote_type == COIN or (not pricing.quote_type and pricing.exchange == COINS)
    has_moving_volume = is_coin or pricing.vol_24hr is not None
    return {
        "day_open": _given(pricing.open_price, digits),
        "day_high": _given(pricing.day_high, digits),
        "day_low": _given(pricing.day_low, digits),
        "previous_close": _given(pricing.previous_close, digits),
        "day_volume": None if has_moving_volume else amount_or_none(pricing.day_volume),
    }


def _without_noise(price: float, digits: int) -> float:
    """`price` with so many decimals, where that takes no more from it than arithmetic in 32 bits may have added."""
    rounded = round(price, digits)
    return rounded if abs(rounded - price) <= abs(price) * FLOAT32_NOISE else price


def _given(value: float | None, digits: int) -> float | None:
    price = price_or_none(value)
    return None if price is None else _without_noise(price, digits)
