"""Finnhub: trades over a WebSocket, last prices over HTTP, with a key. https://finnhub.io/docs/api

Pitfalls: the key is part of the URLs, so no URL is ever shown. Trades have no number, and different ones can have the
same time, price and size, so none is dropped. A ping is sent only every one or two minutes. The error for a rejected
subscription does not name the symbol. The response for an unknown symbol contains zeros, that for a fund an empty
profile.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Annotated, Any
from urllib.parse import quote as url_quoted

import msgspec

from producer.sources.answers import Company, HistorySlice, Received, Skipped
from producer.sources.decimals import decimals_of
from producer.sources.finnhub.conditions import conditions_of
from producer.sources.one_by_one import polled
from producer.sources.piecewise import parsed_fields
from producer.transport.http import HttpClient, Rejected
from producer.transport.provider_clock import ProviderClock, ignore_trade_time
from producer.transport.rate_limits import RequestLimit
from producer.transport.websocket import Connection
from shared.errors import ConfigError, Refused, Unanswered, UnknownSymbol
from shared.market.records import EPOCH, Amount, Quote, Symbol
from shared.market.side_fields import price_or_none, size_or_none
from shared.settings.provider_settings import Providers

NAME = "finnhub"
POLL_SECONDS = 10.0
MAX_PING_SECONDS = 130.0
FOREX = ("OANDA", "FXCM", "FXPRO", "FOREX.COM", "PEPPERSTONE")
"""Prefixes of currency pairs; pairs of coins have their exchange as prefix."""
KEY_WORDS = ("key", "token", "auth")

log = logging.getLogger("tickstream.producer")

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class FinnhubTrade(msgspec.Struct):
    """A trade as received: symbol, price, time in milliseconds UTC; size and conditions, which are used if valid."""

    s: Symbol
    p: float
    t: Milliseconds
    v: Any = None
    c: Any = None


class FinnhubFrame(msgspec.Struct):
    """A message: trades, a ping or an error. Trades are decoded one by one, so that an invalid one affects no other."""

    type: str
    data: list[msgspec.Raw] = []
    msg: str = ""


class LastPrice(msgspec.Struct):
    """The response to a poll: price, time in seconds UTC, the day's open, high and low, and the previous close.

    The last four are used if valid; zero means that there is none.
    """

    c: Amount
    t: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]
    o: Any = None
    h: Any = None
    l: Any = None  # noqa: E741 (the provider's own name)
    pc: Any = None


class FinnhubProfile(msgspec.Struct, rename={"industry": "finnhubIndustry"}):
    """The profile of a company; empty for other instruments."""

    name: str | None = None
    currency: str | None = None
    industry: str | None = None


class Finnhub:
    """The provider. Raises ConfigError without a key."""

    name = NAME
    streams = True
    has_history = False
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: ProviderClock, stop: Event) -> None:
        self._key = providers.finnhub_api_key.get_secret_value()
        if not self._key:
            raise ConfigError("FINNHUB_API_KEY is empty: finnhub needs a key, get one at finnhub.io")
        self.clock = clock
        self._stream_url = providers.finnhub_stream_url
        self.silent_after = max(providers.stream_silence, MAX_PING_SECONDS)
        limit = RequestLimit(providers.finnhub_requests, stop.wait)
        self._http = HttpClient(
            providers.finnhub_url, limit, providers.http_timeout, secrets=(self._key,), clock=self.clock
        )

    def connect(self, names: Sequence[str]) -> "FinnhubStream":
        """Open a stream of these names."""
        mark = "&" if "?" in self._stream_url else "?"
        url = f"{self._stream_url}{mark}token={url_quoted(self._key, safe='')}"
        stream = FinnhubStream(Connection(url, secrets=(self._key,)), self.clock, self.clock.traded)
        stream.follow(names)
        return stream

    def poll(self, names: Sequence[str]) -> Received:
        """The last price of each name, with one request per symbol; symbols that the key does not allow are omitted.

        Raises Refused if the key allows none of them.
        """
        refusals: list[Refused] = []

        def ask(name: str) -> list[Quote]:
            try:
                return [_quote_of_last(name, self._last_price(name), self.clock())]
            except Refused as error:
                refusals.append(error)
                raise UnknownSymbol(str(error)) from None

        received = polled(names, ask)
        if refusals and not received.quotes:
            raise refusals[0]
        return received

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """Empty: candles are for paying users only."""
        return iter(())

    def company(self, name: str) -> Company:
        """The company's profile; for other instruments, only a check that there is a price. Raises UnknownSymbol."""
        is_share = ":" not in name
        profile = self._profile(name) if is_share else FinnhubProfile()
        price = None if profile.name else self._known_price(name)
        exchange = exchange_of(name)
        return Company(
            symbol=name,
            name=profile.name,
            sector=None,
            industry=profile.industry,
            exchange=exchange,
            time_zone="America/New_York" if exchange == "XNYS" else "UTC",
            currency=profile.currency,
            quote_type="EQUITY" if profile.name else None,
            decimals=2 if is_share or price is None else decimals_of(price),
        )

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """Empty: trades have no numbers."""
        return iter(())

    def _last_price(self, name: str) -> LastPrice:
        """Raises UnknownSymbol if the response contains zeros, ValueError if it is unreadable."""
        last = parsed_fields(self._ask("/quote", name), LastPrice, Skipped())
        if not last.t or not last.c:
            raise UnknownSymbol(f"Finnhub has no price for {name}.")
        return last

    def _known_price(self, name: str) -> float:
        try:
            return self._last_price(name).c
        except ValueError:
            raise Unanswered(f"Finnhub's response for {name} is unreadable.") from None

    def _profile(self, name: str) -> FinnhubProfile:
        try:
            return msgspec.convert(self._ask("/stock/profile2", name), FinnhubProfile)
        except msgspec.ValidationError:
            raise Unanswered(f"Finnhub's profile for {name} is unreadable.") from None

    def _ask(self, path: str, name: str) -> object:
        try:
            return self._http.get(path, {"symbol": name, "token": self._key}).json
        except Rejected as error:
            raise UnknownSymbol(f"Finnhub rejects {name}: {error}") from None


class FinnhubStream:
    """A connection and its subscribed symbols."""

    def __init__(
        self, connection: Connection, clock: Callable[[], datetime], traded: Callable[[float], None]
    ) -> None:
        self._connection, self._clock, self._traded = connection, clock, traded
        self._followed: tuple[str, ...] = ()

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to new names and unsubscribe from missing ones. Raises SourceDown."""
        before, self._followed = self._followed, tuple(dict.fromkeys(names))
        for name in before:
            if name not in names:
                self._send("unsubscribe", name)
        for name in self._followed:
            if name not in before:
                self._send("subscribe", name)

    def receive(self, seconds: float) -> Received:
        """The trades of the next message. Raises SourceDown, or Refused if the key is not accepted."""
        text = self._connection.receive(seconds)
        return Received([]) if text is None else received(text, self._clock(), self._traded)

    def close(self) -> None:
        """Close at once; never raises."""
        self._connection.close()

    def _send(self, order: str, name: str) -> None:
        self._connection.send(msgspec.json.encode({"type": order, "symbol": name}).decode())


def received(text: str, now: datetime, traded: Callable[[float], None] = ignore_trade_time) -> Received:
    """Parse a message: all its trades in order, even equal ones. Pure except for the log.

    Raises Refused if the message reports that the key is not accepted.
    """
    try:
        frame = msgspec.json.decode(text, type=FinnhubFrame)
    except (msgspec.DecodeError, RecursionError):  # the latter for deeply nested brackets
        return Received([], refused=1)
    if frame.type == "error":
        _handle_error(frame.msg)
        return Received([], refused=1)
    if frame.type == "ping":
        return Received([])
    quotes = [quote for trade in frame.data if (quote := _quote_of_trade(trade, now, traded)) is not None]
    return Received(quotes, refused=len(frame.data) - len(quotes) if frame.data else 1)


def exchange_of(name: str) -> str | None:
    """The exchange: New York for a share, "CCY" for currencies, None for coins, which trade 24/7."""
    venue, colon, _ = name.partition(":")
    if not colon:
        return "XNYS"
    return "CCY" if venue in FOREX else None


def _handle_error(sentence: str) -> None:
    """Log a rejected subscription, which does not affect others; raise Refused for a rejected key.

    Uses our own text, because the provider's may contain the key.
    """
    text = sentence.lower()
    if any(word in text for word in KEY_WORDS):
        raise Refused("Finnhub does not accept the key in FINNHUB_API_KEY for its stream.")
    if "too many symbols" in text:
        log.warning("Finnhub's symbol limit for this key is reached: the last symbols receive no trades.")
    else:
        log.warning("Finnhub does not know one of the symbols, or does not stream it for this key.")


def _quote_of_trade(raw: msgspec.Raw, now: datetime, traded: Callable[[float], None]) -> Quote | None:
    """The trade as a quote, None if it is invalid."""
    try:
        trade = msgspec.json.decode(raw, type=FinnhubTrade)
        traded(trade.t / 1000)
        return Quote(
            symbol=trade.s,
            event_time=EPOCH + timedelta(milliseconds=trade.t),
            price=trade.p,
            size=size_or_none(trade.v),
            source=NAME,
            position=0,
            received_time=now,
            exchange=exchange_of(trade.s),
            conditions=conditions_of(trade.c),
        )
    except ValueError as error:
        log.debug("A trade from Finnhub is not a valid quote: %s", error)
        return None


def _quote_of_last(name: str, last: LastPrice, now: datetime) -> Quote:
    """Raises ValueError if the price or the time is invalid."""
    return Quote(
        symbol=name,
        event_time=EPOCH + timedelta(seconds=last.t),
        price=last.c,
        day_open=price_or_none(last.o),
        day_high=price_or_none(last.h),
        day_low=price_or_none(last.l),
        previous_close=price_or_none(last.pc),
        source=NAME,
        position=0,
        received_time=now,
        exchange=exchange_of(name),
    )
