"""The content of Yahoo's chart: bars, splits and dividends of one symbol."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from producer.sources.answers import Skipped
from producer.sources.yahoo.session import Epoch, PriceHint
from shared.errors import Unanswered
from shared.market.exchanges import exchange_for_log
from shared.market.records import Text


class Meta(msgspec.Struct, rename="camel"):
    """Data that apply to all bars."""

    exchange_timezone_name: str
    exchange_name: Text | None = None
    instrument_type: str | None = None
    currency: Text | None = None
    regular_market_time: Epoch | None = None
    data_granularity: Text | None = None
    price_hint: PriceHint = 2


class Columns(msgspec.Struct):
    """One number per bar, null if nothing was traded."""

    open: list[float | None] = []
    high: list[float | None] = []
    low: list[float | None] = []
    close: list[float | None] = []
    volume: list[float | None] = []


class ChartIndicators(msgspec.Struct):
    """The columns, in a list of one."""

    quote: list[Columns]


class Split(msgspec.Struct):
    """`numerator` new shares for `denominator` old ones; `date` is the opening of the first session with new shares."""

    date: Epoch
    numerator: float
    denominator: float


class Dividend(msgspec.Struct):
    """`amount` per share, adjusted for later splits; `date` is the opening of the ex-date's session.

    `currency` is that of the amount, if given: for prices in pence, dividends may be in pounds or dollars.
    """

    date: Epoch
    amount: float
    currency: Text | None = None


class Events(msgspec.Struct):
    """Events by date, which their values repeat."""

    splits: dict[str, Split] = {}
    dividends: dict[str, Dividend] = {}


class Chart(msgspec.Struct):
    """The chart of one response, except skipped pieces (`skipped`); `timestamp` is empty if there are no bars."""

    meta: Meta
    indicators: ChartIndicators
    timestamp: list[Epoch] = []
    events: Events = msgspec.field(default_factory=Events)
    skipped: Skipped = msgspec.field(default_factory=Skipped)

    @property
    def exchange(self) -> str | None:
        """The exchange's code, with its time zone if the code is unknown or missing."""
        meta = self.meta
        return exchange_for_log(meta.exchange_name, meta.exchange_timezone_name, meta.instrument_type)

    @property
    def zone(self) -> ZoneInfo:
        """The exchange's time zone. Raises Unanswered if it is unknown."""
        try:
            return ZoneInfo(self.meta.exchange_timezone_name)
        except (
            ZoneInfoNotFoundError,
            ValueError,
            OSError,
        ):  # the name of a folder of zones, or one too long for a file
            raise Unanswered("Yahoo's response has an unknown time zone.") from None


class ChartResult(msgspec.Struct):
    """A list of one chart, or an error."""

    result: list[Chart] | None = None
    error: Any = None


class ChartBody(msgspec.Struct):
    """The whole response."""

    chart: ChartResult


class ChartRow(msgspec.Struct):
    """One row of the columns, for parsing row by row."""

    time: Epoch
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None


class RawResult(msgspec.Struct):
    """Charts not yet decoded."""

    result: list[dict[str, Any]] | None = None


class RawBody(msgspec.Struct):
    """The whole response, with charts not yet decoded."""

    chart: RawResult


class Point(NamedTuple):
    """A bar as received; `time` is its start in epoch seconds."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None


def points(chart: Chart) -> Iterator[Point]:
    """All bars with trades, in time order; repeated times are skipped.

    Without a price column there are no bars; without a volume column bars have no volume.
    Raises Unanswered if columns differ in length.
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
