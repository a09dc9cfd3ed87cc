"""Alpha Vantage's candles as bars: minutes labelled by their starts, days by their dates, each read by itself."""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from producer.sources.alpha_vantage.notes import Body
from producer.sources.answers import LeftOut
from producer.sources.finished_days import day_start
from producer.sources.piecewise import log_left_out
from producer.sources.torn import Tears, doubt_of
from shared.calendars.calendars import calendar_of
from shared.errors import Unanswered
from shared.market.exchanges import ALWAYS_OPEN, AT, CURRENCIES, DEFAULT_ZONE, SIMULATED, calendar_name
from shared.market.records import RecordedBar, RecordedInterval
from shared.market.side_fields import amount_or_none

HISTORY = "alphavantage-history"
MINUTE = timedelta(minutes=1)
ABROAD = {"LON": "XLON", "TRT": "XTSE", "TRV": "XTSE", "DEX": "XETR", "FRK": "XFRA", "BSE": "XBOM"}
"""Exchanges by what stands behind the dot of a symbol, where Yahoo's codes do not name them."""
NO_EXCHANGES = (ALWAYS_OPEN, CURRENCIES, SIMULATED)
"""Calendars that no share's suffix stands for."""

log = logging.getLogger("tickstream.producer")

Labelled = list[tuple[datetime, object]]


class Candle(msgspec.Struct):
    """Prices and volume of a minute or a day; they come as texts. A volume that can't be true is left out."""

    open: float = msgspec.field(name="1. open")
    high: float = msgspec.field(name="2. high")
    low: float = msgspec.field(name="3. low")
    close: float = msgspec.field(name="4. close")
    volume: float | None = msgspec.field(name="5. volume", default=None)


class Candles(NamedTuple):
    """Bars, oldest first; `doubts` and `left_out` as in HistorySlice."""

    bars: list[RecordedBar]
    doubts: tuple[str, ...]
    left_out: LeftOut


def minute_bars(name: str, body: Body, now: datetime, received: datetime) -> Candles:
    """The minutes of an answer that were finished by `now`. Raises Unanswered where it is unreadable."""
    left_out = LeftOut()
    zone, candles = _series(name, body, left_out)

    def start_of(label: datetime) -> datetime | None:
        start = label.replace(tzinfo=zone).astimezone(UTC)
        return start if start + MINUTE <= now else None

    return _bars(name, "1m", candles, start_of, received, left_out)


def day_bars(name: str, body: Body, now: datetime, received: datetime) -> Candles:
    """The days of an answer that were over by `now`; each starts as the exchange opened, and one of which its calendar
    knows no session at its midnight. Raises Unanswered where the answer is unreadable.
    """
    left_out, calendar = LeftOut(), calendar_of(exchange_of(name))
    today = now.astimezone(calendar.zone).date()

    def start_of(label: datetime) -> datetime | None:
        midnight = int(label.replace(tzinfo=calendar.zone).timestamp())
        return datetime.fromtimestamp(day_start(midnight, calendar), UTC) if label.date() < today else None

    return _bars(name, "1d", _series(name, body, left_out)[1], start_of, received, left_out)


def exchange_of(name: str) -> str:
    """The exchange whose sessions hold; a single letter is a class of a US share.

    One that nobody knows is open on weekdays in New York: of exchanges Alpha Vantage tells no zone.
    """
    suffix = name.partition(".")[2].upper()
    if len(suffix) < 2:
        return "XNYS"
    known = ABROAD.get(suffix) or calendar_name(suffix)
    return known if known and known not in NO_EXCHANGES else f"{suffix}{AT}{DEFAULT_ZONE}"


def unreadable(name: str) -> Unanswered:
    """The error to raise where an answer can't be understood."""
    return Unanswered(f"Alpha Vantage's answer for {name} is unreadable.")


def _series(name: str, body: Body, left_out: LeftOut) -> tuple[ZoneInfo, Labelled]:
    """Time zone, and the candles with their labels, oldest first. Raises Unanswered where there are none."""
    try:
        series = next(value for key, value in body.items() if key.startswith("Time Series"))
        zone = next(text for key, text in body["Meta Data"].items() if key.endswith("Time Zone"))
        return ZoneInfo(zone), _labelled(name, series, left_out)
    except (StopIteration, LookupError, ValueError, TypeError, AttributeError):
        raise unreadable(name) from None


def _labelled(name: str, series: Mapping[str, object], left_out: LeftOut) -> Labelled:
    """The candles whose labels are local times, oldest first. Raises Unanswered where none of many is."""
    labelled: Labelled = []
    for label, one in series.items():
        try:
            labelled.append((_local(label), one))
        except ValueError as error:
            left_out.note(error)
    if left_out.count and not labelled:
        raise unreadable(name)
    return sorted(labelled, key=lambda candle: candle[0])


def _local(label: str) -> datetime:
    """Raises ValueError where it is no time, or one in a zone of its own."""
    time = datetime.fromisoformat(label)
    if time.tzinfo is not None:
        raise ValueError(f"{label} is no local time")
    return time


def _bars(
    name: str,
    interval: RecordedInterval,
    candles: Labelled,
    start_of: Callable[[datetime], datetime | None],
    received: datetime,
    left_out: LeftOut,
) -> Candles:
    """The candles as bars, those that have a start; one that can't be true is left out, one with prices at two levels
    set aside."""
    bars, tears, torn = list[RecordedBar](), Tears(), 0
    for label, candle in candles:
        try:
            read, start = msgspec.convert(candle, Candle, strict=False), start_of(label)
            bar = None if start is None else _bar(name, interval, read, start, received)
        except (ValueError, OverflowError) as error:
            left_out.note(f"the bar at {label}: {error}")
            continue
        if bar is not None and tears.is_torn(bar.open, bar.high, bar.low, bar.close):
            torn += 1
        elif bar is not None:
            bars.append(bar)
    log_left_out(left_out, log, f"Alpha Vantage's {interval} bars of {name}")
    return Candles(bars, (doubt_of(torn),) if torn else (), left_out)


def _bar(
    name: str, interval: RecordedInterval, read: Candle, start: datetime, received: datetime
) -> RecordedBar:
    """Raises ValueError where it can't be true."""
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
