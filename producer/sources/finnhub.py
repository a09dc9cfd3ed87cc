"""Finnhub: every trade over a WebSocket, the last price by question; with a key. https://finnhub.io/docs/api

Its traps. The key stands in the addresses, so no address is ever shown. Trades carry no number, and several honest
ones can agree in time, price and size: none is left out. A ping comes only every one or two minutes. What a
subscription is refused for does not name the symbol. An unknown symbol is answered with zeros, and a fund with an
empty profile.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Annotated, Any
from urllib.parse import quote as url_quoted

import msgspec

from producer.sources.answers import Company, HistorySlice, LeftOut, Received
from producer.sources.decimals import decimals_of
from producer.sources.one_by_one import polled
from producer.sources.piecewise import understood_fields
from producer.transport.http import HttpClient, Rejected
from producer.transport.provider_clock import ProviderClock, nobody_asked
from producer.transport.rate_limits import RequestLimit
from producer.transport.websocket import Connection
from shared.errors import ConfigError, Refused, Unanswered, UnknownSymbol
from shared.market.records import EPOCH, Amount, Quote, Symbol
from shared.market.side_fields import price_or_none, size_or_none
from shared.settings.provider_settings import Providers

NAME = "finnhub"
POLL_SECONDS = 10.0
LONGEST_PING_SECONDS = 130.0
FOREX = ("OANDA", "FXCM", "FXPRO", "FOREX.COM", "PEPPERSTONE")
"""What stands before the colon of a currency pair; a coin's pair names its exchange there."""
KEY_WORDS = ("key", "token", "auth")

log = logging.getLogger("tickstream.producer")

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800_000)]


class FinnhubTrade(msgspec.Struct):
    """A trade as it comes: symbol, price, time in milliseconds UTC, size, which counts where it can be true."""

    s: Symbol
    p: float
    t: Milliseconds
    v: Any = None


class FinnhubFrame(msgspec.Struct):
    """A message: trades, a ping or an error. The trades stay undecoded, so that a bad one spoils no other."""

    type: str
    data: list[msgspec.Raw] = []
    msg: str = ""


class LastPrice(msgspec.Struct):
    """The answer to a question: price, time in seconds UTC, the day's open, high, low, and the close before.

    The last four count where they can be true; zero says that there is none.
    """

    c: Amount
    t: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]
    o: Any = None
    h: Any = None
    l: Any = None  # noqa: E741 (the provider's own name)
    pc: Any = None


class FinnhubProfile(msgspec.Struct, rename={"industry": "finnhubIndustry"}):
    """What is known of a company; empty for everything that is none."""

    name: str | None = None
    currency: str | None = None
    industry: str | None = None


class Finnhub:
    """The provider. Raises ConfigError where there is no key."""

    name = NAME
    streams = True
    has_history = False
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: Callable[[], datetime], stop: Event) -> None:
        self._key = providers.finnhub_api_key.get_secret_value()
        if not self._key:
            raise ConfigError("FINNHUB_API_KEY is empty: finnhub needs a key, get one at finnhub.io")
        self.clock = self._clock = ProviderClock(clock)
        self._stream_url = providers.finnhub_stream_url
        self.silent_after = max(providers.stream_silence, LONGEST_PING_SECONDS)
        limit = RequestLimit(providers.finnhub_requests, stop.wait)
        self._http = HttpClient(
            providers.finnhub_url, limit, providers.http_timeout, secrets=(self._key,), clock=self.clock
        )

    def connect(self, names: Sequence[str]) -> "FinnhubStream":
        """Open a stream of these."""
        mark = "&" if "?" in self._stream_url else "?"
        url = f"{self._stream_url}{mark}token={url_quoted(self._key, safe='')}"
        stream = FinnhubStream(Connection(url, secrets=(self._key,)), self._clock, self.clock.traded)
        stream.follow(names)
        return stream

    def poll(self, names: Sequence[str]) -> Received:
        """The last price of each, one request a symbol; a symbol that the key does not open is left out.

        Raises Refused where it opens none of them.
        """
        refusals: list[Refused] = []

        def ask(name: str) -> list[Quote]:
            try:
                return [_quote_of_last(name, self._last_price(name), self._clock())]
            except Refused as error:
                refusals.append(error)
                raise UnknownSymbol(str(error)) from None

        received = polled(names, ask)
        if refusals and not received.quotes:
            raise refusals[0]
        return received

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """None: candles are for paying users alone."""
        return iter(())

    def company(self, name: str) -> Company:
        """The company's profile; for what is no company, only whether there is a price. Raises UnknownSymbol."""
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
        """None: trades carry no numbers."""
        return iter(())

    def _last_price(self, name: str) -> LastPrice:
        """Raises UnknownSymbol where the answer is zeros, ValueError where it is unreadable."""
        last = understood_fields(self._ask("/quote", name), LastPrice, LeftOut())
        if not last.t or not last.c:
            raise UnknownSymbol(f"Finnhub has no price of {name}.")
        return last

    def _known_price(self, name: str) -> float:
        try:
            return self._last_price(name).c
        except ValueError:
            raise Unanswered(f"Finnhub's answer for {name} is unreadable.") from None

    def _profile(self, name: str) -> FinnhubProfile:
        try:
            return msgspec.convert(self._ask("/stock/profile2", name), FinnhubProfile)
        except msgspec.ValidationError:
            raise Unanswered(f"Finnhub's profile of {name} is unreadable.") from None

    def _ask(self, path: str, name: str) -> object:
        try:
            return self._http.get(path, {"symbol": name, "token": self._key}).json
        except Rejected as error:
            raise UnknownSymbol(f"Finnhub does not take {name}: {error}") from None


class FinnhubStream:
    """One connection, and the symbols it is subscribed to."""

    def __init__(
        self, connection: Connection, clock: Callable[[], datetime], traded: Callable[[float], None]
    ) -> None:
        self._connection, self._clock, self._traded = connection, clock, traded
        self._followed: tuple[str, ...] = ()
        self._heard = connection.last_heard

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to what is new and unsubscribe from what is not named any more. Raises SourceDown."""
        before, self._followed = self._followed, tuple(dict.fromkeys(names))
        for name in before:
            if name not in names:
                self._tell("unsubscribe", name)
        for name in self._followed:
            if name not in before:
                self._tell("subscribe", name)

    def receive(self, seconds: float) -> Received:
        """The trades of the next message. Raises SourceDown, and Refused where the key is not accepted."""
        text = self._connection.receive(seconds)
        before, self._heard = self._heard, self._connection.last_heard
        if text is None:
            return Received([], alive=self._heard > before)
        return received(text, self._clock(), self._traded)

    def close(self) -> None:
        """Close at once; never raises."""
        self._connection.close()

    def _tell(self, order: str, name: str) -> None:
        self._connection.send(msgspec.json.encode({"type": order, "symbol": name}).decode())


def received(text: str, now: datetime, traded: Callable[[float], None] = nobody_asked) -> Received:
    """What a message holds: its trades in its own order, each of them, however alike. Pure but for the log.

    Raises Refused where the message says that the key is not accepted.
    """
    try:
        frame = msgspec.json.decode(text, type=FinnhubFrame)
    except (msgspec.DecodeError, RecursionError):  # the latter for brackets without end
        return Received([], refused=1)
    if frame.type == "error":
        _hear_error(frame.msg)
        return Received([], refused=1)
    if frame.type == "ping":
        return Received([])
    quotes = [quote for trade in frame.data if (quote := _quote_of_trade(trade, now, traded)) is not None]
    return Received(quotes, refused=len(frame.data) - len(quotes) if frame.data else 1)


def exchange_of(name: str) -> str | None:
    """Whose sessions hold: New York's for a share, those of currencies, None for coins, which never rest."""
    venue, colon, _ = name.partition(":")
    if not colon:
        return "XNYS"
    return "CCY" if venue in FOREX else None


def _hear_error(sentence: str) -> None:
    """A refused subscription leaves the others as they are; a refused key ends all of them.

    In words of our own: nobody knows what the provider's may repeat.
    """
    words = sentence.lower()
    if any(word in words for word in KEY_WORDS):
        raise Refused("Finnhub does not accept the key in FINNHUB_API_KEY for its stream.")
    if "too many symbols" in words:
        log.warning("Finnhub streams no more symbols for this key: the last ones named bring no trades.")
    else:
        log.warning("Finnhub does not know one of the symbols, or does not stream it for this key.")


def _quote_of_trade(raw: msgspec.Raw, now: datetime, traded: Callable[[float], None]) -> Quote | None:
    """The trade as a quote, None where it is none."""
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
        )
    except ValueError as error:
        log.debug("A trade of Finnhub's is no quote: %s", error)
        return None


def _quote_of_last(name: str, last: LastPrice, now: datetime) -> Quote:
    """Raises ValueError where the price or the time can't be true."""
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
