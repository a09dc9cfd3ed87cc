"""Alpha Vantage: recent minute and daily bars of shares over HTTP, with a key. https://www.alphavantage.co/documentation

Pitfalls: a free key allows 25 requests a day, without minute bars. Errors have status 200 and a note instead of data;
the note contains the key, so it is evaluated but never shown. Its quote (GLOBAL_QUOTE) has a date but no time, so the
close of the last finished minute is used instead. Minutes are delayed by 15 minutes. Their labels are the minute's
start in New York's time (the last one of a day is 19:59; until 2021 it was the end, 20:00). Splits and dividends are
not provided, so unadjusted minutes are requested.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import msgspec

from producer.sources.alpha_vantage.candles import Candles, day_bars, exchange_of, minute_bars, unreadable
from producer.sources.alpha_vantage.notes import Body, raise_note, unknown
from producer.sources.answers import NO_DOUBTS, Company, HistorySlice, Received, Skipped
from producer.sources.finished_days import is_wanted
from producer.sources.one_by_one import polled
from producer.sources.piecewise import parsed_items
from producer.sources.provider import QuoteStream
from producer.transport.http import HttpClient, Rejected
from producer.transport.provider_clock import ProviderClock
from producer.transport.rate_limits import RequestLimit
from shared.calendars.calendars import calendar_of
from shared.errors import ConfigError, Refused, Unanswered, UnknownSymbol
from shared.market.records import INTERVAL_SECONDS, Quote, RecordedBar
from shared.settings.provider_settings import Providers

NAME = "alphavantage"
POLL_SECONDS = 60.0
DELAY_SECONDS = 960.0
"""The delay of 15 minutes, plus the minute that has to end first."""
LAST_MOMENT = timedelta(minutes=1, milliseconds=-1)
"""Offset from a minute's start for the time of its close, which at its end would belong to the next minute."""

MINUTES = {"interval": "1min", "outputsize": "compact", "adjusted": "false", "entitlement": "delayed"}

log = logging.getLogger("tickstream.producer")


class Overview(msgspec.Struct, rename="pascal"):
    """The overview of a company."""

    name: str
    sector: str | None = None
    industry: str | None = None
    currency: str | None = None


class Match(msgspec.Struct):
    """A search result."""

    symbol: str = msgspec.field(name="1. symbol")
    name: str = msgspec.field(name="2. name")
    currency: str = msgspec.field(name="8. currency")


class Matches(msgspec.Struct):
    """All search results."""

    found: list[Any] = msgspec.field(name="bestMatches")


class AlphaVantage:
    """The provider. Raises ConfigError without a key."""

    name = NAME
    streams = False
    has_history = True
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: ProviderClock, stop: Event) -> None:
        self._key = providers.alphavantage_api_key.get_secret_value()
        if not self._key:
            raise ConfigError(
                "ALPHAVANTAGE_API_KEY is empty: alphavantage needs a key, get one at alphavantage.co"
            )
        self.clock = clock
        self.silent_after = providers.stream_silence
        limit = RequestLimit(providers.alphavantage_requests, stop.wait)
        secrets = (self._key,)
        self._http = HttpClient(
            providers.alphavantage_url, limit, providers.http_timeout, secrets, clock=self.clock
        )

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Raises Refused: there is no stream."""
        raise Refused("Alpha Vantage has no stream, only HTTP requests.")

    def poll(self, names: Sequence[str]) -> Received:
        """The close of each symbol's last finished minute, with one request per symbol."""
        return polled(
            names, lambda name: [_quote(bar) for bar in self._minutes(name, self.clock()).bars[-1:]]
        )

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """The last 100 days before today, and the last 100 minutes if the key allows them."""
        days = day_bars(name, self._ask("TIME_SERIES_DAILY", name, {}), now, self.clock())
        yield HistorySlice([], 1, 2, days.doubts, days.skipped)
        try:
            minutes = self._minutes(name, now)
        except (Refused, UnknownSymbol) as error:
            log.info("%s has daily bars only: %s", name, error)
            minutes = Candles([], NO_DOUBTS, Skipped())
        bars = sorted([*days.bars, *minutes.bars], key=_order)
        wanted = [bar for bar in bars if is_wanted(bar, after)]
        yield HistorySlice([*wanted], 2, 2, minutes.doubts, minutes.skipped)

    def company(self, name: str) -> Company:
        """The overview of a company, or the search result for a fund, which has none. Raises UnknownSymbol."""
        try:
            overview = msgspec.convert(self._ask("OVERVIEW", name, {}), Overview)
        except UnknownSymbol:
            found = self._search(name)
            overview = Overview(name=found.name, currency=found.currency)
        except msgspec.ValidationError:
            raise unreadable(name) from None
        exchange = exchange_of(name)
        return Company(
            symbol=name,
            name=overview.name,
            sector=overview.sector,
            industry=overview.industry,
            exchange=exchange,
            time_zone=str(calendar_of(exchange).zone),
            currency=overview.currency,
            quote_type=None,
            decimals=2,
            delay=DELAY_SECONDS,
        )

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """Empty: trades are not provided."""
        return iter(())

    def _minutes(self, name: str, now: datetime) -> Candles:
        body = self._ask("TIME_SERIES_INTRADAY", name, MINUTES)
        return minute_bars(name, body, now, self.clock())

    def _search(self, name: str) -> Match:
        """The search result for exactly this symbol. Raises UnknownSymbol."""
        try:
            matches = msgspec.convert(self._ask("SYMBOL_SEARCH", name, {"keywords": name}), Matches)
        except msgspec.ValidationError:
            raise unreadable(name) from None
        for match in parsed_items(matches.found, Match, Skipped()):
            if match.symbol.upper() == name.upper():
                return match
        raise unknown(name)

    def _ask(self, function: str, name: str, more: dict[str, str]) -> Body:
        """The body of a response with data."""
        asked = {"function": function, "symbol": name, "apikey": self._key} | more
        try:
            body = self._http.get("/query", asked).json
        except Rejected as error:
            raise Unanswered(str(error)) from None
        if not isinstance(body, dict):
            raise unreadable(name)
        raise_note(body, name)
        return body


def _quote(minute: RecordedBar) -> Quote:
    """The close of a minute as a quote at the end of that minute."""
    return Quote(
        symbol=minute.symbol,
        event_time=minute.start + LAST_MOMENT,
        price=minute.close,
        source=NAME,
        position=0,
        received_time=minute.received_time,
        exchange=minute.exchange,
    )


def _order(bar: RecordedBar) -> tuple[datetime, int]:
    """By start, longer bars first."""
    return bar.start, -INTERVAL_SECONDS[bar.interval]
