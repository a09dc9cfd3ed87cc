"""Binance's HTTP requests, and the opening of its stream."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from threading import Event
from typing import Any

import msgspec

from producer.sources.answers import Company, HistorySlice, Received, Skipped
from producer.sources.binance.history import BinanceHistory
from producer.sources.binance.stream import BinanceStream
from producer.sources.binance.trades import SOURCE, BinanceTrade, number_of, quote_of_trade
from producer.sources.one_by_one import polled
from producer.sources.piecewise import log_skipped, parsed_items, parsed_rows, rising
from producer.transport.http import HttpClient, Params, Rejected
from producer.transport.provider_clock import ProviderClock
from producer.transport.rate_limits import RequestLimit
from producer.transport.websocket import Connection
from shared.errors import Unanswered, UnknownSymbol
from shared.market.records import Quote
from shared.settings.provider_settings import Providers

POLL_SECONDS = 10.0
TRADES_A_REQUEST = 1000
UNKNOWN_SYMBOL, ILLEGAL_CHARACTERS = -1121, -1100

log = logging.getLogger("tickstream.producer")


class Filter(msgspec.Struct, rename={"kind": "filterType", "tick_size": "tickSize"}):
    """A rule for orders; the price filter contains the tick size."""

    kind: str
    tick_size: Decimal | None = None


class Pair(msgspec.Struct, rename={"base": "baseAsset", "quoted": "quoteAsset"}):
    """The description of a pair: the price is the amount of `quoted` for one `base`."""

    base: str
    quoted: str
    filters: list[Any]


class ExchangeInfo(msgspec.Struct):
    """The response that describes pairs."""

    symbols: list[Pair]


class Binance:
    """The provider. All its requests together use less than half of Binance's weight limit per minute."""

    name = SOURCE
    streams = True
    has_history = True
    numbers_trades = True
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: ProviderClock, stop: Event) -> None:
        self.clock = clock
        self._wait = stop.wait
        self._stream_url = providers.binance_stream_url.rstrip("/") + "/stream"
        self.silent_after = providers.stream_silence
        limit = RequestLimit(providers.binance_requests, stop.wait)
        self._http = HttpClient(providers.binance_url, limit, providers.http_timeout, clock=self.clock)

    def connect(self, names: Sequence[str]) -> BinanceStream:
        """Open a stream of these names."""
        stream = BinanceStream(Connection(self._stream_url), self.clock, self._wait, self.clock.traded)
        stream.follow(names)
        return stream

    def poll(self, names: Sequence[str]) -> Received:
        """The last trade of each name, with one request per pair; requests for many pairs return no trade times."""
        return polled(names, lambda name: self._quotes(name, self._trades(name, {"limit": 1})[0]))

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """Daily bars of two years, quarter-hours of 60 days and minutes of a week."""
        return BinanceHistory(lambda path, params: self._ask(name, path, params), name, after, now).slices()

    def company(self, name: str) -> Company:
        """The pair: its name consists of its coins, its decimals are those of its tick size."""
        try:
            answer = self._ask(name, "/api/v3/exchangeInfo", {"symbol": name.upper()})
            pair = msgspec.convert(answer, ExchangeInfo).symbols[0]
        except (msgspec.ValidationError, IndexError):
            raise Unanswered(f"Binance's description of {name} is unreadable.") from None
        return Company(
            symbol=name,
            name=f"{pair.base}/{pair.quoted}",
            sector=None,
            industry=None,
            exchange=None,
            time_zone="UTC",
            currency=pair.quoted,
            quote_type="CRYPTOCURRENCY",
            decimals=_decimals(pair),
        )

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """All trades with higher numbers, a thousand per request; Binance keeps all of them."""
        rows = TRADES_A_REQUEST
        while rows == TRADES_A_REQUEST:
            asked = {"fromId": trade_id + 1, "limit": TRADES_A_REQUEST}
            trades, rows = self._trades(name, asked, trade_id)
            yield from self._quotes(name, trades)
            trade_id = trades[-1].a if trades else trade_id

    def _trades(self, name: str, params: Params, after: int = -1) -> tuple[list[BinanceTrade], int]:
        """The trades after the number `after` in order, without duplicates, and the number of rows received.

        Raises Unanswered if there are rows but no valid trade.
        """
        answer = self._ask(name, "/api/v3/aggTrades", {"symbol": name.upper(), **params})
        subject, skipped = f"Binance's trades of {name}", Skipped()
        trades = rising(parsed_rows(answer, BinanceTrade, subject, skipped), number_of, after, skipped)
        if answer and not trades:
            raise Unanswered(f"{subject} are not those requested: {skipped.reason}.")
        log_skipped(skipped, log, subject)
        return trades, len(answer)

    def _quotes(self, name: str, trades: Sequence[BinanceTrade]) -> list[Quote]:
        """The trades as quotes, without invalid ones."""
        quotes = []
        now = self.clock()
        for trade in trades:
            try:
                quotes.append(quote_of_trade(name, trade, now))
            except ValueError as error:
                log.debug("Trade %d of %s at Binance is not a valid quote: %s", trade.a, name, error)
        return quotes

    def _ask(self, name: str, path: str, params: Params) -> Any:
        try:
            return self._http.get(path, params).json
        except Rejected as error:
            code = error.body.get("code") if isinstance(error.body, dict) else None
            if code in (UNKNOWN_SYMBOL, ILLEGAL_CHARACTERS):
                raise UnknownSymbol(f"Binance has no pair {name}.") from None
            raise Unanswered(f"{error} Its code is {code}.") from None


def _decimals(pair: Pair) -> int:
    rules = parsed_items(pair.filters, Filter, Skipped(), strict=False)
    steps = [rule.tick_size for rule in rules if rule.kind == "PRICE_FILTER" and rule.tick_size]
    exponents = [step.normalize().as_tuple().exponent for step in steps]
    return max([0, *(-exponent for exponent in exponents if isinstance(exponent, int))]) if steps else 2
