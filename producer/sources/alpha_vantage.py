"""Alpha Vantage: the last minutes and days of a share by question, with a key. https://www.alphavantage.co/documentation

Its traps. A free key has 25 requests a day, and no minutes. What goes wrong is told with status 200, in a body with a
note instead of data; the note repeats the key, so it is read but never shown. A quote of its own (GLOBAL_QUOTE) knows
the day, but not the time: the close of the last finished minute stands for it. Minutes are 15 minutes late. Their
labels are New York's time, each that of the minute's start (a day's last one is 19:59; until 2021 it was 20:00, the
end). Splits and dividends are not told, so minutes are asked for unadjusted.
"""

# ruff: noqa: ARG002 (a contract's arguments)

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event
from zoneinfo import ZoneInfo

import msgspec

from producer.http import HttpClient, Rejected
from producer.limits import RequestLimit
from producer.provider_clock import ProviderClock
from producer.sources.alpha_vantage_notes import Body, raise_note, unknown
from producer.sources.one_by_one import polled
from producer.sources.piecewise import LeftOut
from producer.sources.provider import Company, HistorySlice, Received, Stream
from shared.calendars import calendar_of
from shared.errors import ConfigError, Refused, Unanswered, UnknownSymbol
from shared.market import INTERVAL_SECONDS, Quote, RecordedBar, RecordedInterval
from shared.provider_settings import Providers
from shared.side_fields import amount_or_none

NAME, HISTORY = "alphavantage", "alphavantage-history"
POLL_SECONDS = 60.0
DELAY_SECONDS = 960.0
"""The 15 minutes by which it is late, and the minute that has to be over first."""
MINUTE = timedelta(minutes=1)
LAST_MOMENT = timedelta(minutes=1, milliseconds=-1)
"""Of a minute: its close, told for the end itself, would stand as a price of the next minute."""

ABROAD = {"LON": "XLON", "TRT": "XTSE", "DEX": "XETR", "BSE": "XBOM", "SHH": "XSHG", "SHZ": "XSHG"}
"""Exchanges by what stands behind the dot of a symbol; Shenzhen has the sessions of Shanghai."""
MINUTES = {"interval": "1min", "outputsize": "compact", "adjusted": "false", "entitlement": "delayed"}

log = logging.getLogger("tickstream.producer")


class Candle(msgspec.Struct):
    """Prices and volume of a minute or a day; they come as texts. A volume that can't be true is left out."""

    open: float = msgspec.field(name="1. open")
    high: float = msgspec.field(name="2. high")
    low: float = msgspec.field(name="3. low")
    close: float = msgspec.field(name="4. close")
    volume: float | None = msgspec.field(name="5. volume", default=None)


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

    found: list[Match] = msgspec.field(name="bestMatches")


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

    def connect(self, names: Sequence[str]) -> Stream:
        """Raises Refused: there is no stream."""
        raise Refused("Alpha Vantage has no stream, only answers to questions.")

    def poll(self, names: Sequence[str]) -> Received:
        """The close of each one's last finished minute, one request a symbol; its time is the last of that minute."""
        return polled(names, lambda name: [_quote(bar) for bar in self._minutes(name, self._clock())[-1:]])

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """The last 100 days, and the last 100 minutes where the key has them; today is left to the minutes."""
        bars = day_bars(name, self._ask("TIME_SERIES_DAILY", name, {}), now, self._clock())
        yield HistorySlice([], 1, 2)
        try:
            bars += self._minutes(name, now)
        except (Refused, UnknownSymbol) as error:
            log.info("Of %s there are days only: %s", name, error)
        wanted = (bar for bar in sorted(bars, key=_order) if after is None or bar.start > after)
        yield HistorySlice(list(wanted), 2, 2)

    def company(self, name: str) -> Company:
        """What the overview of a company says; of a fund, which has none, what a search finds. Raises UnknownSymbol."""
        try:
            overview = msgspec.convert(self._ask("OVERVIEW", name, {}), Overview)
        except UnknownSymbol:
            found = self._search(name)
            overview = Overview(name=found.name, currency=found.currency)
        except msgspec.ValidationError:
            raise _unreadable(name) from None
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

    def _minutes(self, name: str, now: datetime) -> list[RecordedBar]:
        body = self._ask("TIME_SERIES_INTRADAY", name, MINUTES)
        return minute_bars(name, body, now, self._clock())

    def _search(self, name: str) -> Match:
        """The listing of exactly this symbol. Raises UnknownSymbol."""
        try:
            matches = msgspec.convert(self._ask("SYMBOL_SEARCH", name, {"keywords": name}), Matches)
        except msgspec.ValidationError:
            raise _unreadable(name) from None
        for match in matches.found:
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
            raise _unreadable(name)
        raise_note(body, name)
        return body


def minute_bars(name: str, body: Body, now: datetime, received: datetime) -> list[RecordedBar]:
    """The minutes of an answer that were finished by `now`, oldest first. Raises Unanswered where it is unreadable."""
    zone, candles = _series(name, body)
    starts = ((label.replace(tzinfo=zone).astimezone(UTC), candle) for label, candle in candles)
    return _bars(name, "1m", ((start, one) for start, one in starts if start + MINUTE <= now), received)


def day_bars(name: str, body: Body, now: datetime, received: datetime) -> list[RecordedBar]:
    """The days of an answer that were over by `now`, oldest first; each starts as the exchange opened.

    A day on which the exchange's calendar knows no session is left out. Raises Unanswered where it is unreadable.
    """
    calendar = calendar_of(exchange_of(name))
    today = now.astimezone(calendar.zone).date()
    finished = []
    for label, candle in _series(name, body)[1]:
        midnight = label.replace(tzinfo=calendar.zone)
        start = datetime.fromtimestamp(calendar.at(int(midnight.timestamp())).day_start, UTC)
        if start.astimezone(calendar.zone).date() == label.date() < today:
            finished.append((start, candle))
    return _bars(name, "1d", finished, received)


def exchange_of(name: str) -> str | None:
    """The exchange whose sessions hold, None where nobody knows; a single letter is a class of a US share."""
    suffix = name.partition(".")[2]
    return ABROAD.get(suffix.upper()) if len(suffix) > 1 else "XNYS"


def _series(name: str, body: Body) -> tuple[ZoneInfo, list[tuple[datetime, object]]]:
    """Time zone, and the candles with their labels, oldest first. Raises Unanswered where there are none."""
    try:
        series = next(value for key, value in body.items() if key.startswith("Time Series"))
        zone = next(text for key, text in body["Meta Data"].items() if key.endswith("Time Zone"))
        return ZoneInfo(zone), _labelled(name, series)
    except (StopIteration, LookupError, ValueError, TypeError, AttributeError):
        raise _unreadable(name) from None


def _labelled(name: str, series: Mapping[str, object]) -> list[tuple[datetime, object]]:
    """The candles whose labels are times, oldest first. Raises Unanswered where none of many is."""
    labelled, left_out = [], LeftOut()
    for label, one in series.items():
        try:
            labelled.append((datetime.fromisoformat(label), one))
        except ValueError as error:
            left_out.note(error)
    if left_out.count and not labelled:
        raise _unreadable(name)
    left_out.warn(log, f"Alpha Vantage's candles of {name}")
    return sorted(labelled, key=lambda candle: candle[0])


def _bars(
    name: str, interval: RecordedInterval, candles: Iterable[tuple[datetime, object]], received: datetime
) -> list[RecordedBar]:
    """The candles as bars; one that can't be true is left out."""
    bars, left_out = [], LeftOut()
    for start, candle in candles:
        try:
            read = msgspec.convert(candle, Candle, strict=False)
            figures = msgspec.structs.asdict(read) | {"volume": amount_or_none(read.volume)}
            bars.append(
                RecordedBar(
                    symbol=name,
                    interval=interval,
                    start=start,
                    **figures,
                    source=HISTORY,
                    position=0,
                    received_time=received,
                    exchange=exchange_of(name),
                )
            )
        except ValueError as error:
            left_out.note(f"the bar at {start}: {error}")
    left_out.warn(log, f"Alpha Vantage's {interval} bars of {name}")
    return bars


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


def _unreadable(name: str) -> Unanswered:
    return Unanswered(f"Alpha Vantage's answer for {name} is unreadable.")
