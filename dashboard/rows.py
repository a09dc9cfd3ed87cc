"""What the screen reads from the tables, one tuple a row. Every time is in epoch seconds UTC."""

from typing import NamedTuple

SeriesKey = tuple[str, str]
"""A symbol and an interval."""


class SymbolRow(NamedTuple):
    """The last quote of a symbol. `late` counts all its late quotes; `last_day_close` is the close of its newest
    closed day bar."""

    symbol: str
    price: float
    event_time: float
    received_time: float
    bid: float | None
    ask: float | None
    previous_close: float | None
    day_open: float | None
    day_high: float | None
    day_low: float | None
    day_volume: float | None
    currency: str | None
    exchange: str | None
    late: int
    last_day_close: float | None


class ChartBar(NamedTuple):
    """A bar and its indicators, open or closed; None is an indicator that is still warming up."""

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    quotes: int
    rsi: float | None
    sma_short: float | None
    sma_long: float | None
    ema_short: float | None
    ema_long: float | None
    macd: float | None
    macd_signal: float | None
    macd_histogram: float | None
    bollinger_lower: float | None
    bollinger_middle: float | None
    bollinger_upper: float | None
    volatility: float | None


class OpenBar(NamedTuple):
    """The bar still open; `seen` closed bars are in its indicators, all complete after `warm_after`."""

    bar: ChartBar
    seen: int
    warm_after: int


class AlertRow(NamedTuple):
    """A rule that fired at a bar's close; `value` and `threshold` are in the rule's own unit."""

    symbol: str
    interval: str
    rule: str
    start: int
    event_time: float
    value: float
    threshold: float
    price: float


class PartRow(NamedTuple):
    """What a part says of itself, over all its instances; `age` is seconds since the newest heartbeat."""

    part: str
    state: str
    detail: str
    instances: int
    lag: int
    per_second: float
    age: float
