"""Yahoo's chart: bars, splits and dividends of one symbol, as they come."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote as url_quoted
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from producer.http import Rejected
from producer.sources.yahoo.session import Epoch, PriceHint, YahooSession, reason_of, understood
from shared.errors import SourceDown, UnknownSymbol
from shared.exchanges import with_zone
from shared.market import RecordedInterval, Text

NOT_FOUND = 404

log = logging.getLogger("tickstream.producer")


class Meta(msgspec.Struct, rename="camel"):
    """What holds for all bars."""

    exchange_timezone_name: str
    exchange_name: Text | None = None
    currency: Text | None = None
    regular_market_time: Epoch | None = None
    price_hint: PriceHint = 2


class Columns(msgspec.Struct):
    """One number a bar, null where nothing was traded."""

    open: list[float | None] = []
    high: list[float | None] = []
    low: list[float | None] = []
    close: list[float | None] = []
    volume: list[float | None] = []


class Indicators(msgspec.Struct):
    """The columns, in a list of one."""

    quote: list[Columns]


class Split(msgspec.Struct):
    """`numerator` shares for `denominator`; `date` is the opening of the first session they are traded in."""

    date: Epoch
    numerator: float
    denominator: float


class Dividend(msgspec.Struct):
    """`amount` a share, in the shares of today; `date` is the opening of the ex-date's session."""

    date: Epoch
    amount: float


class Events(msgspec.Struct):
    """By date, which the values repeat."""

    splits: dict[str, Split] = {}
    dividends: dict[str, Dividend] = {}


class Chart(msgspec.Struct):
    """All that came with one answer; without `timestamp` where there are no bars."""

    meta: Meta
    indicators: Indicators
    timestamp: list[Epoch] = []
    events: Events = msgspec.field(default_factory=Events)

    @property
    def exchange(self) -> str | None:
        """The exchange's code, with its zone where nobody knows the code."""
        return with_zone(self.meta.exchange_name, self.meta.exchange_timezone_name)

    @property
    def zone(self) -> ZoneInfo:
        """The exchange's own time. Raises SourceDown where nobody knows it."""
        try:
            return ZoneInfo(self.meta.exchange_timezone_name)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a name too long for a file
            raise SourceDown("Yahoo names a time zone that there is not.") from None


class Result(msgspec.Struct):
    """A list of one chart, or an error."""

    result: list[Chart] | None = None
    error: Any = None


class Body(msgspec.Struct):
    """The whole answer."""

    chart: Result


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
    charts = understood(body, Body).chart.result
    if not charts:
        raise SourceDown(f"Yahoo answered without a chart of {name}.")
    return charts[0]


def points(chart: Chart) -> Iterator[Point]:
    """Every bar in which something was traded, in time order; a time that comes again is left out.

    Raises SourceDown where the columns are not of one length.
    """
    columns = chart.indicators.quote[0] if chart.indicators.quote else Columns()
    prices = (columns.open, columns.high, columns.low, columns.close)
    if any(len(column) != len(chart.timestamp) for column in (*prices, columns.volume)):
        raise SourceDown("Yahoo's chart has columns of different lengths.")
    last = -1
    for time, row in zip(chart.timestamp, zip(*prices, columns.volume, strict=True), strict=True):
        opened, high, low, close, volume = row
        if opened is None or high is None or low is None or close is None or time <= last:
            continue
        last = time
        yield Point(time, opened, high, low, close, volume)
