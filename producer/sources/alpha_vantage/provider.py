"""Alpha Vantage: the last minutes and days of a share by question, with a key. https://www.alphavantage.co/documentation

Its traps. A free key has 25 requests a day, and no minutes. What goes wrong is told with status 200, in a body with a
note instead of data; the note repeats the key, so it is read but never shown. A quote of its own (GLOBAL_QUOTE) knows
the day, but not the time: the close of the last finished minute stands for it. Minutes are 15 minutes late. Their
labels are New York's time, each that of the minute's start (a day's last one is 19:59; until 2021 it was 20:00, the
end). Splits and dividends are not told, so minutes are asked for unadjusted.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import msgspec

from producer.sources.alpha_vantage.candles import Candles, day_bars, exchange_of, minute_bars, unreadable
from producer.sources.alpha_vantage.notes import Body, raise_note, unknown
from producer.sources.answers import Company, HistorySlice, LeftOut, Received
from producer.sources.finished_days import is_wanted
from producer.sources.one_by_one import polled
from producer.sources.piecewise import understood_items
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
"""The 15 minutes by which it is late, and the minute that has to be over first."""
LAST_MOMENT = timedelta(minutes=1, milliseconds=-1)
"""Of a minute: its close, told for the end itself, would stand as a price of the next minute."""

MINUTES = {"interval": "1min", "outputsize": "compact", "adjusted": "false", "entitlement": "delayed"}

log = logging.getLogger("tickstream.producer")


class Overview(msgspec.Struct, rename="pascal"):
    """What is known of a company."""

    name: str
    sector: str | None = None
    industry: str | None = None
    currency: str | None = None


class Match(msgspec.Struct):
    """What a search found."""

    symbol: str = msgspec.field(name="1. symbol")
    name: str = msgspec.field(name="2. name")
    currency: str = msgspec.field(name="8. currency")


class Matches(msgspec.Struct):
    """All that a search found."""

    found: list[Any] = msgspec.field(name="bestMatches")


class AlphaVantage:
    """The provider. Raises ConfigError where there is no key."""

    name = NAME
    streams = False
    has_history = True
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: Callable[[], datetime], stop: Event) -> None:
        self._key = providers.alphavantage_api_key.get_secret_value()
        if not self._key:
            raise ConfigError(
                "ALPHAVANTAGE_API_KEY is empty: alphavantage needs a key, get one at alphavantage.co"
            )
        self.clock = self._clock = ProviderClock(clock)
        self.silent_after = providers.stream_silence
        limit = RequestLimit(providers.alphavantage_requests, stop.wait)
        secrets = (self._key,)
        self._http = HttpClient(
            providers.alphavantage_url, limit, providers.http_timeout, secrets, clock=self.clock
        )

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Raises Refused: there is no stream."""
        raise Refused("Alpha Vantage has no stream, only answers to questions.")

    def poll(self, names: Sequence[str]) -> Received:
        """The close of each one's last finished minute, one request a symbol; its time is the last of that minute."""
        return polled(
            names, lambda name: [_quote(bar) for bar in self._minutes(name, self._clock()).bars[-1:]]
        )

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """The last 100 days, and the last 100 minutes where the key has them; today is left to the minutes."""
        days = day_bars(name, self._ask("TIME_SERIES_DAILY", name, {}), now, self._clock())
        yield HistorySlice([], 1, 2, days.doubts, days.left_out)
        try:
            minutes = self._minutes(name, now)
        except (Refused, UnknownSymbol) as error:
            log.info("Of %s there are days only: %s", name, error)
            minutes = Candles([], (), LeftOut())
        bars = sorted([*days.bars, *minutes.bars], key=_order)
        wanted = [bar for bar in bars if is_wanted(bar, after)]
        yield HistorySlice([*wanted], 2, 2, minutes.doubts, minutes.left_out)

    def company(self, name: str) -> Company:
        """What the overview of a company says; of a fund, which has none, what a search finds. Raises UnknownSymbol."""
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
        """None: there are no trades."""
        return iter(())

    def _minutes(self, name: str, now: datetime) -> Candles:
        body = self._ask("TIME_SERIES_INTRADAY", name, MINUTES)
        return minute_bars(name, body, now, self._clock())

    def _search(self, name: str) -> Match:
        """The listing of exactly this symbol. Raises UnknownSymbol."""
        try:
            matches = msgspec.convert(self._ask("SYMBOL_SEARCH", name, {"keywords": name}), Matches)
        except msgspec.ValidationError:
            raise unreadable(name) from None
        for match in understood_items(matches.found, Match, LeftOut()):
            if match.symbol.upper() == name.upper():
                return match
        raise unknown(name)

    def _ask(self, function: str, name: str, more: dict[str, str]) -> Body:
        """The body of an answer that holds data."""
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
    """The last price of a minute, at its last moment."""
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
