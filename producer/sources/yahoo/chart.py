"""Yahoo's chart: bars, splits and dividends of one symbol, as they come."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote as url_quoted
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from producer.sources.answers import LeftOut
from producer.sources.piecewise import Item, log_left_out, understood_fields, understood_items
from producer.sources.yahoo.midnights import days_told
from producer.sources.yahoo.session import Epoch, PriceHint, YahooSession, reason_of, understood
from producer.transport.http import Rejected
from shared.calendars.calendars import AlwaysOpen, calendar_of
from shared.errors import Unanswered, UnknownSymbol
from shared.market.exchanges import exchange_told
from shared.market.records import RecordedInterval, Text

NOT_FOUND = 404

log = logging.getLogger("tickstream.producer")


class Meta(msgspec.Struct, rename="camel"):
    """What holds for all bars."""

    exchange_timezone_name: str
    exchange_name: Text | None = None
    instrument_type: str | None = None
    currency: Text | None = None
    regular_market_time: Epoch | None = None
    data_granularity: Text | None = None
    price_hint: PriceHint = 2


class Columns(msgspec.Struct):
    """One number a bar, null where nothing was traded."""

    open: list[float | None] = []
    high: list[float | None] = []
    low: list[float | None] = []
    close: list[float | None] = []
    volume: list[float | None] = []


class ChartIndicators(msgspec.Struct):
    """The columns, in a list of one."""

    quote: list[Columns]


class Split(msgspec.Struct):
    """`numerator` shares for `denominator`; `date` is the opening of the first session they are traded in."""

    date: Epoch
    numerator: float
    denominator: float


class Dividend(msgspec.Struct):
    """`amount` a share, in the shares of today; `date` is the opening of the ex-date's session.

    `currency` is that of the amount, where it is told: prices in pence come with dividends in pounds, or in dollars.
    """

    date: Epoch
    amount: float
    currency: Text | None = None


class Events(msgspec.Struct):
    """By date, which the values repeat."""

    splits: dict[str, Split] = {}
    dividends: dict[str, Dividend] = {}


class Chart(msgspec.Struct):
    """All that came with one answer but for what is `left_out`; without `timestamp` where there are no bars."""

    meta: Meta
    indicators: ChartIndicators
    timestamp: list[Epoch] = []
    events: Events = msgspec.field(default_factory=Events)
    left_out: LeftOut = msgspec.field(default_factory=LeftOut)

    @property
    def exchange(self) -> str | None:
        """The exchange's code, with its zone where nobody knows the code, or it is not told."""
        meta = self.meta
        return exchange_told(meta.exchange_name, meta.exchange_timezone_name, meta.instrument_type)

    @property
    def zone(self) -> ZoneInfo:
        """The exchange's own time. Raises Unanswered where nobody knows it."""
        try:
            return ZoneInfo(self.meta.exchange_timezone_name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name too long for a file
            raise Unanswered("Yahoo names a time zone that there is not.") from None


class ChartResult(msgspec.Struct):
    """A list of one chart, or an error."""

    result: list[Chart] | None = None
    error: Any = None


class ChartBody(msgspec.Struct):
    """The whole answer."""

    chart: ChartResult


class ChartRow(msgspec.Struct):
    """One row of the columns, where they are read row by row."""

    time: Epoch
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None


class RawResult(msgspec.Struct):
    """Charts still unread."""

    result: list[dict[str, Any]] | None = None


class RawBody(msgspec.Struct):
    """The whole answer, its charts unread."""

    chart: RawResult


class Point(NamedTuple):
    """A bar as it came; `time` is its start, epoch seconds."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None


def fetch(
    session: YahooSession, name: str, interval: RecordedInterval, start: datetime, end: datetime
) -> Chart | None:
    """Bars of [start, end), with those before and after the session where they are shorter than a day.

    None where Yahoo has none of that length or time. Raises UnknownSymbol.
    """
    params = {
        "interval": interval,
        "period1": int(start.timestamp()),
        "period2": int(end.timestamp()),
        "events": "div|split",
        "includePrePost": "false" if interval == "1d" else "true",
    }
    try:
        body = session.get(f"/v8/finance/chart/{url_quoted(name, safe='')}", params)
    except Rejected as rejected:
        reason = reason_of(rejected)
        if rejected.status == NOT_FOUND:
            raise UnknownSymbol(f"Yahoo does not know {name}: {reason}") from rejected
        log.warning("Yahoo has no %s bars of %s: %s", interval, name, reason)
        return None
    return _read(body, name, interval)


def _read(body: Any, name: str, interval: RecordedInterval) -> Chart:
    """The chart in an answer; where it is wrong in some places, without these."""
    try:
        charts = msgspec.convert(body, ChartBody).chart.result
    except msgspec.ValidationError:
        raw = understood(body, RawBody).chart.result or []
        charts = [mended(one, f"Yahoo's {interval} chart of {name}") for one in raw[:1]]
    if not charts:
        raise Unanswered(f"Yahoo answered without a chart of {name}.")
    chart = charts[0]
    if chart.timestamp and chart.meta.data_granularity not in (None, "", interval):
        told = f"{chart.meta.data_granularity} bars of {name} where {interval} bars were asked for"
        raise Unanswered(f"Yahoo answered with {told}.")
    if interval == "1d":
        _tell_days(chart)
    if chart.timestamp and not any(True for _ in points(chart)):
        log.warning("Yahoo's %s chart of %s has times without prices.", interval, name)
    return chart


def _tell_days(chart: Chart) -> None:
    """Let days and events be told with a time of their own day."""
    chart.timestamp = days_told(chart.timestamp, chart.zone)
    events: list[Split | Dividend] = [*chart.events.splits.values(), *chart.events.dividends.values()]
    for event in events:
        (event.date,) = days_told([event.date], chart.zone)


def mended(raw: dict[str, Any], answer: str) -> Chart:
    """A chart that is wrong in some places, without these; one line of the log names the `answer` and the first place.

    Raises Unanswered where it names no time zone.
    """
    left_out = LeftOut()
    try:
        meta = understood_fields(_with_zone(raw.get("meta")), Meta, left_out)
    except msgspec.ValidationError as error:
        raise Unanswered(f"{answer} has another form than it should: {error}.") from error
    times, columns = _rows(raw, left_out)
    chart = Chart(meta, ChartIndicators([columns]), times, _events(raw.get("events"), left_out), left_out)
    log_left_out(left_out, log, answer)
    return chart


def _with_zone(meta: object) -> dict[str, Any]:
    """What holds for all bars; where it names no time zone, with that of its exchange."""
    told = dict(meta) if isinstance(meta, dict) else {}
    exchange = told.get("exchangeName")
    if told.get("exchangeTimezoneName") is None and isinstance(exchange, str):
        calendar = calendar_of(exchange)
        if not isinstance(calendar, AlwaysOpen):
            told["exchangeTimezoneName"] = str(calendar.zone)
    return told


def _rows(raw: dict[str, Any], left_out: LeftOut) -> tuple[list[int], Columns]:
    """The rows whose time and numbers can be understood. Raises Unanswered where columns differ in length."""
    told = _columns(raw)
    times = raw.get("timestamp") or []
    if any(len(column) != len(times) for column in told.values()):
        raise Unanswered("Yahoo's chart has columns of different lengths.")
    rows = [
        dict(zip(told, row, strict=True)) | {"time": time}
        for time, *row in zip(times, *told.values(), strict=True)
    ]
    read = understood_items(rows, ChartRow, left_out)
    columns = {name: [getattr(row, name) for row in read] for name in told}
    return [row.time for row in read], Columns(**columns)


def _columns(raw: dict[str, Any]) -> dict[str, list[Any]]:
    """The columns there are, unread."""
    try:
        quote = raw["indicators"]["quote"][0]
        return {name: quote[name] for name in Columns.__struct_fields__ if isinstance(quote.get(name), list)}
    except (LookupError, TypeError, AttributeError):
        return {}


def _events(raw: object, left_out: LeftOut) -> Events:
    """The splits and dividends that can be understood."""
    kinds = raw if isinstance(raw, dict) else {}
    splits, dividends = kinds.get("splits"), kinds.get("dividends")
    return Events(
        _numbered(understood_items(_values(splits), Split, left_out)),
        _numbered(understood_items(_values(dividends), Dividend, left_out)),
    )


def _numbered(events: list[Item]) -> dict[str, Item]:
    """Events by a key that no other has: a share may pay two dividends on one day."""
    return {str(number): event for number, event in enumerate(events)}


def _values(events: object) -> list[object]:
    """Events come by date, which each repeats; a list of them is read too."""
    if isinstance(events, dict):
        return list(events.values())
    return events if isinstance(events, list) else []


def points(chart: Chart) -> Iterator[Point]:
    """Every bar in which something was traded, in time order; a time that comes again is left out.

    Where there is no column of a price there are no bars, and where there is none of volumes no bar has one.
    Raises Unanswered where the columns are not of one length.
    """
    columns = chart.indicators.quote[0] if chart.indicators.quote else Columns()
    prices = (columns.open, columns.high, columns.low, columns.close)
    if not all(prices):
        return
    volumes = columns.volume or [None] * len(chart.timestamp)
    if any(len(column) != len(chart.timestamp) for column in (*prices, volumes)):
        raise Unanswered("Yahoo's chart has columns of different lengths.")
    last = -1
    for time, row in zip(chart.timestamp, zip(*prices, volumes, strict=True), strict=True):
        opened, high, low, close, volume = row
        if opened is None or high is None or low is None or close is None or time <= last:
            continue
        last = time
        yield Point(time, opened, high, low, close, volume)
