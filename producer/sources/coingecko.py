"""CoinGecko: prices of any number of coins with one request, without a key. https://docs.coingecko.com

Coins are named by the provider's ids, such as bitcoin and shiba-inu, regardless of case. A price is an average over
many exchanges, updated about once a minute. Its volume covers the last 24 hours, a moving window, so it is not the
volume of a day and is not used.

There is no history. Its candles cover 30 minutes, 4 hours or 4 days, which are none of our intervals, and are labelled
by their ends; the finer chart has only average prices, whose highs and lows were never traded.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Event
from typing import Annotated
from urllib.parse import quote as url_quoted

import msgspec

from producer.sources.answers import Company, HistorySlice, Received
from producer.sources.decimals import decimals_of
from producer.sources.provider import QuoteStream
from producer.transport.http import HttpAnswer, HttpClient, Params, Rejected
from producer.transport.provider_clock import ProviderClock
from producer.transport.rate_limits import RequestLimit
from shared.errors import Refused, Unanswered, UnknownSymbol
from shared.market.records import EPOCH, Quote
from shared.settings.provider_settings import Providers

NAME = "coingecko"
POLL_SECONDS = 60.0
DELAY_SECONDS = 120.0
"""A price is up to a minute old when it is published, and stays published for a minute."""

log = logging.getLogger("tickstream.producer")


class CoinPrice(msgspec.Struct):
    """A price in dollars and its time in seconds UTC; nulls for a coin that is no longer traded."""

    usd: float
    last_updated_at: Annotated[int, msgspec.Meta(ge=0, lt=253_402_300_800)]


class MarketData(msgspec.Struct):
    """Prices by currency."""

    current_price: dict[str, float | None] = {}


class Coin(msgspec.Struct):
    """The description of a coin."""

    name: str
    market_data: MarketData


class CoinGecko:
    """The provider."""

    name = NAME
    streams = False
    has_history = False
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: ProviderClock, stop: Event) -> None:
        self.clock = clock
        self.silent_after = providers.stream_silence
        limit = RequestLimit(providers.coingecko_requests, stop.wait)
        self._http = HttpClient(providers.coingecko_url, limit, providers.http_timeout, clock=self.clock)

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Raises Refused: there is no stream."""
        raise Refused("CoinGecko has no stream, only HTTP requests.")

    def poll(self, names: Sequence[str]) -> Received:
        """The prices of all names, with one request."""
        ids = ",".join(dict.fromkeys(name.lower() for name in names))
        asked = {"ids": ids, "vs_currencies": "usd", "include_last_updated_at": "true", "precision": "full"}
        prices = self._ask("/simple/price", asked).json
        if not isinstance(prices, dict):
            raise Unanswered("CoinGecko's response contains no prices.")
        now = self.clock()
        listed = [name for name in names if name.lower() in prices]
        quotes = [q for name in listed if (q := _quote(name, prices[name.lower()], now)) is not None]
        useless = frozenset(listed) - {quote.symbol for quote in quotes}
        return Received(quotes, refused=len(listed) - len(quotes), named=useless)

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """Empty, as explained in the module docstring."""
        return iter(())

    def company(self, name: str) -> Company:
        """The coin's name, and decimals by its current price. Raises UnknownSymbol."""
        asked = dict.fromkeys(("localization", "tickers", "community_data", "developer_data"), "false")
        answer = self._ask(f"/coins/{url_quoted(name.lower(), safe='')}", asked)
        try:
            coin = msgspec.convert(answer.json, Coin)
        except msgspec.ValidationError:
            raise Unanswered(f"CoinGecko's description of {name} is unreadable.") from None
        price = coin.market_data.current_price.get("usd")
        return Company(
            symbol=name,
            name=coin.name,
            sector=None,
            industry=None,
            exchange=None,
            time_zone="UTC",
            currency="USD",
            quote_type="CRYPTOCURRENCY",
            decimals=decimals_of(price) if price and price > 0 else 2,
            delay=DELAY_SECONDS,
        )

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """Empty: trades are not provided."""
        return iter(())

    def _ask(self, path: str, asked: Params) -> HttpAnswer:
        try:
            return self._http.get(path, asked)
        except Rejected as error:
            if error.status == HTTPStatus.NOT_FOUND:
                raise UnknownSymbol(f"CoinGecko has no such coin: {error}") from None
            raise Unanswered(str(error)) from None


def _quote(name: str, answer: object, now: datetime) -> Quote | None:
    """The response for one coin as a quote, None if it is invalid."""
    try:
        price = msgspec.convert(answer, CoinPrice)
        return Quote(
            symbol=name,
            event_time=EPOCH + timedelta(seconds=price.last_updated_at),
            price=price.usd,
            currency="USD",
            source=NAME,
            position=0,
            received_time=now,
        )
    except ValueError as error:
        log.debug("CoinGecko's response for %s is not a valid quote: %s", name, error)
        return None
