"""Parses Alpha Vantage's candles into bars: minutes are labelled by their starts, days by their dates."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from producer.sources.alpha_vantage.notes import Body
from producer.sources.answers import Doubts, Skipped
from producer.sources.finished_days import day_start
from producer.sources.mixed_units import MixedUnitDetector, mixed_unit_doubts
from producer.sources.piecewise import log_skipped
from shared.calendars.calendars import calendar_of
from shared.errors import Unanswered
from shared.market.exchanges import ALWAYS_OPEN, AT, CURRENCIES, DEFAULT_ZONE, SIMULATED, calendar_name
from shared.market.records import RecordedBar, RecordedInterval
from shared.market.side_fields import amount_or_none

HISTORY = "alphavantage-history"
MINUTE = timedelta(minutes=1)
ABROAD = {"LON": "XLON", "TRT": "XTSE", "TRV": "XTSE", "DEX": "XETR", "FRK": "XFRA", "BSE": "XBOM"}
"""Exchanges by the suffix of a symbol, if it is not one of Yahoo's codes."""
NO_EXCHANGES = (ALWAYS_OPEN, CURRENCIES, SIMULATED)
"""Calendars that are not exchanges of shares."""

log = logging.getLogger("tickstream.producer")

Labelled = list[tuple[datetime, object]]


class Candle(msgspec.Struct):
    """Prices and volume of a minute or day, given as text. An invalid volume is dropped."""

    open: float = msgspec.field(name="1. open")
    high: float = msgspec.field(name="2. high")
    low: float = msgspec.field(name="3. low")
    close: float = msgspec.field(name="4. close")
    volume: float | None = msgspec.field(name="5. volume", default=None)


class Candles(NamedTuple):
    """Bars, oldest first; `doubts` and `skipped` as in HistorySlice."""

    bars: list[RecordedBar]
    doubts: Doubts
    skipped: Skipped


def minute_bars(name: str, body: Body, now: datetime, received: datetime) -> Candles:
    """The minutes of a response that ended by `now`. Raises Unanswered if it is unreadable."""
    skipped = Skipped()
    zone, candles = _series(name, body, skipped)

    def start_of(label: datetime) -> datetime | None:
        start = label.replace(tzinfo=zone).astimezone(UTC)
        return start if start + MINUTE <= now else None

    return _bars(name, "1m", candles, start_of, received, skipped)


def day_bars(name: str, body: Body, now: datetime, received: datetime) -> Candles:
    """The days of a response that ended by `now`. Each starts when the exchange opened, or at midnight if the calendar
    has no session. Raises Unanswered if the response is unreadable.
    """
    skipped, calendar = Skipped(), calendar_of(exchange_of(name))
    today = now.astimezone(calendar.zone).date()

    def start_of(label: datetime) -> datetime | None:
        midnight = int(label.replace(tzinfo=calendar.zone).timestamp())
        return datetime.fromtimestamp(day_start(midnight, calendar), UTC) if label.date() < today else None

    return _bars(name, "1d", _series(name, body, skipped)[1], start_of, received, skipped)


def exchange_of(name: str) -> str:
    """The exchange by the symbol's suffix; a suffix of one letter is a class of a US share.

    An unknown one is open on weekdays in New York's time, because Alpha Vantage provides no time zone.
    """
    suffix = name.partition(".")[2].upper()
    if len(suffix) < 2:
        return "XNYS"
    known = ABROAD.get(suffix) or calendar_name(suffix)
    return known if known and known not in NO_EXCHANGES else f"{suffix}{AT}{DEFAULT_ZONE}"


def unreadable(name: str) -> Unanswered:
    """The error for an unreadable response."""
    return Unanswered(f"Alpha Vantage's response for {name} is unreadable.")


def _series(name: str, body: Body, skipped: Skipped) -> tuple[ZoneInfo, Labelled]:
    """Time zone, and the candles with their labels, oldest first. Raises Unanswered if there are none."""
    try:
        series = next(value for key, value in body.items() if key.startswith("Time Series"))
        zone = next(text for key, text in body["Meta Data"].items() if key.endswith("Time Zone"))
        return ZoneInfo(zone), _labelled(name, series, skipped)
    except (StopIteration, LookupError, ValueError, TypeError, AttributeError):
        raise unreadable(name) from None


def _labelled(name: str, series: Mapping[str, object], skipped: Skipped) -> Labelled:
    """The candles whose labels are local times, oldest first. Raises Unanswered if all labels are invalid."""
    labelled: Labelled = []
    for label, one in series.items():
        try:
            labelled.append((_local(label), one))
        except ValueError as error:
            skipped.note(error)
    if skipped.count and not labelled:
        raise unreadable(name)
    return sorted(labelled, key=lambda candle: candle[0])


def _local(label: str) -> datetime:
    """Raises ValueError if it is not a time, or has a time zone."""
    time = datetime.fromisoformat(label)
    if time.tzinfo is not None:
        raise ValueError(f"{label} is not a local time")
    return time


def _bars(
    name: str,
    interval: RecordedInterval,
    candles: Labelled,
    start_of: Callable[[datetime], datetime | None],
    received: datetime,
    skipped: Skipped,
) -> Candles:
    """The candles that have a start as bars, without invalid ones and those with prices at two levels."""
    bars, detector, mixed = list[RecordedBar](), MixedUnitDetector(), 0
    for label, candle in candles:
        try:
            read, start = msgspec.convert(candle, Candle, strict=False), start_of(label)
            bar = None if start is None else _bar(name, interval, read, start, received)
        except (ValueError, OverflowError) as error:
            skipped.note(f"the bar at {label}: {error}")
            continue
        if bar is not None and detector.has_mixed_units(bar.open, bar.high, bar.low, bar.close):
            mixed += 1
        elif bar is not None:
            bars.append(bar)
    log_skipped(skipped, log, f"Alpha Vantage's {interval} bars of {name}")
    return Candles(bars, mixed_unit_doubts(mixed), skipped)


def _bar(
    name: str, interval: RecordedInterval, read: Candle, start: datetime, received: datetime
) -> RecordedBar:
    """Raises ValueError if it is invalid."""
    return RecordedBar(
        symbol=name,
        interval=interval,
        start=start,
        open=read.open,
        high=read.high,
        low=read.low,
        close=read.close,
        volume=amount_or_none(read.volume),
        source=HISTORY,
        position=0,
        received_time=received,
        exchange=exchange_of(name),
    )
