"""The words of the market: what a source says (Quote, RecordedBar, CorporateAction, TimeMark), and our own Bar.

Every time is an aware datetime in UTC, every price a finite positive float in the quote's currency; only
a quote of a future may have a price of zero or below.
Records are msgspec structs rather than dataclasses: they are decoded and checked in C.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec

Interval = Literal["1m", "5m", "15m", "1h", "1d"]
RecordedInterval = Literal["1s", "1m", "5m", "15m", "1h", "1d"]

INTERVALS: tuple[Interval, ...] = ("1m", "5m", "15m", "1h", "1d")
INTERVAL_SECONDS: dict[str, int] = {"1s": 1, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(seconds=5)
PRICE_LIMIT = 1e15
LEAST_PRICE = 1 / PRICE_LIMIT
"""Above the one, or below the other, a price is a mistake, and sums and ratios of such prices would not be finite."""
AMOUNT_LIMIT = 1e18
FUTURES_SUFFIX = "=F"
FUTURES_EXCHANGES = frozenset(
    (
        "CMX",
        "NYM",
        "CBT",
        "CME",
        "NYB",
        "CMES",
        "IEPA",
        "COMEX",
        "NY Mercantile",
        "CBOT",
        "NYBOT",
        "ICE Futures",
    )
)
"""Yahoo's names of the exchanges that trade futures alone, and those of their calendars."""

Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.^=\-_:/&]{1,32}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=64)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=AMOUNT_LIMIT)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Correction = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""Seconds by which `received_time` was put forward, because the clock of the machine was found to be slow."""
Position = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


def _require_price(name: str, price: float) -> None:
    """Raises ValueError unless `price` is finite and positive; NaN fails every comparison."""
    if not LEAST_PRICE < price < PRICE_LIMIT:
        raise ValueError(f"{name} is not a finite positive number: {price!r}")


def may_fall_below_zero(symbol: str, exchange: str | None) -> bool:
    """Whether prices of zero and below can be true: those of futures alone.

    Who holds a future at its end must take the goods, and may have to pay for being rid of them. Nobody can owe more
    than a share, a fund or a coin has cost; what an index or a currency is worth is a ratio of such prices.
    """
    return symbol.endswith(FUTURES_SUFFIX) or exchange in FUTURES_EXCHANGES


def _require_debt(symbol: str, exchange: str | None, price: float) -> None:
    """Raises ValueError unless `price` is one of zero or below that can be true."""
    if not (-PRICE_LIMIT < price <= 0 and may_fall_below_zero(symbol, exchange)):
        _require_price("price", price)


def _require_past(event_time: datetime, received_time: datetime) -> None:
    """Raises ValueError where an event claims to lie after it was received, or either of them before 1970."""
    if event_time - received_time > FUTURE_TOLERANCE:
        raise ValueError(f"from the future: event time {event_time.isoformat()} is after its receipt")
    if event_time < EPOCH:
        raise ValueError(f"event time {event_time.isoformat()} is before 1970")
    if received_time < EPOCH:
        raise ValueError(f"received time {received_time.isoformat()} is before 1970")


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="quote.v1"):
    """One price of one symbol, as its source gave it; what the source did not say is None.

    `size` is the amount traded at this price, `trade_id` the source's own number of the trade, where it gives one:
    rising by symbol. `position` rises by source and partition, so that a producer that restarts knows what it has
    published. The price of a future may be zero or negative: such a quote is stored and shown, but enters no bar.
    Raises ValueError where the price or the times can't be true.
    """

    symbol: Symbol
    event_time: Time
    price: float
    source: Text
    position: Position
    received_time: Time
    size: Amount | None = None
    trade_id: Position | None = None
    bid: Amount | None = None
    ask: Amount | None = None
    day_open: Amount | None = None
    day_high: Amount | None = None
    day_low: Amount | None = None
    previous_close: Amount | None = None
    day_volume: Amount | None = None
    currency: Text | None = None
    exchange: Text | None = None
    session: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        if not LEAST_PRICE < self.price < PRICE_LIMIT:
            _require_debt(self.symbol, self.exchange, self.price)
        _require_past(self.event_time, self.received_time)


class RecordedBar(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="bar.v1"
):
    """A finished bar from a source's own history: a recording of seconds or minutes, or a provider's past.

    It covers [start, start + interval); one of a day ends with the session. Raises ValueError where low <= open,
    close <= high does not hold, or where one shorter than a day lies off the grid of its interval.
    """

    symbol: Symbol
    interval: RecordedInterval
    start: Time
    open: float
    high: float
    low: float
    close: float
    volume: Amount | None = None
    source: Text
    position: Position
    received_time: Time
    currency: Text | None = None
    exchange: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_price("low", self.low)
        _require_price("high", self.high)
        if not (self.low <= self.open <= self.high and self.low <= self.close <= self.high):
            raise ValueError(
                f"open {self.open} or close {self.close} outside low {self.low} to high {self.high}"
            )
        if self.interval != "1d" and self.start.timestamp() % INTERVAL_SECONDS[self.interval]:
            raise ValueError(
                f"a bar of {self.interval} starts at a multiple of it in UTC, not at {self.start}"
            )
        _require_past(self.start, self.received_time)


class CorporateAction(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="action.v1"
):
    """A split or a cash dividend. Prices are stored as they were paid; this is what adjusts them.

    It takes effect at `time`, the midnight of the exchange that begins the ex-date. `value` is how many shares one
    share became (7.0 for 7:1), or the dividend a share in `currency`. Raises ValueError where the value can't be
    true, or where it is only announced: it would take the symbol's time into the future.
    """

    symbol: Symbol
    action: Literal["split", "dividend"]
    time: Time
    value: float
    source: Text
    position: Position
    received_time: Time
    currency: Text | None = None
    exchange: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_price("value", self.value)
        _require_past(self.time, self.received_time)


class TimeMark(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="time.v1"
):
    """ "Nothing older than `time` will come": so bars close in a quiet market.

    Without a `symbol` it speaks for every symbol and is written into every partition once a second; with one, for
    that symbol alone. `end` says that the source is through: a recording is over.
    """

    time: Time
    source: Text
    position: Position
    received_time: Time
    symbol: Symbol | None = None
    end: bool = False
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_past(self.time, self.received_time)


Record = Quote | RecordedBar | CorporateAction | TimeMark


class Bar(NamedTuple):
    """Open, high, low and close of the quotes in [start, end), in epoch seconds UTC.

    `vwap` is the size-weighted mean price, None where no quote carried a size. `session` is
    that of the start.
    """

    symbol: str
    interval: Interval
    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    quotes: int
    session: str
    source: str
