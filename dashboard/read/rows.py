"""What the screen reads from the tables, one tuple a row. Every time is in epoch seconds UTC."""

from typing import NamedTuple

SeriesKey = tuple[str, str]
"""A symbol and an interval."""


class SymbolRow(NamedTuple):
    """The last quote of a symbol, None in its place while none has come, and what is known of its company.

    `late` counts all its late quotes; `last_day_close` is the close of its newest closed day bar. `market` is the
    exchange's name for readers, `decimals` how many its source writes prices with.
    """

    symbol: str
    price: float | None
    event_time: float | None
    received_time: float | None
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
    name: str | None = None
    sector: str | None = None
    market: str | None = None
    decimals: int | None = None


PRODUCER_SILENT = "producer silent"
"""The cause where nobody tells how quotes fare."""


class DataQualityRow(NamedTuple):
    """How a symbol's quotes fare. `source` is the one in use, `standby` the other one of two."""

    symbol: str
    source: str
    standby: str | None
    state: str
    cause: str
    detail: str
    next_try_at: float | None
    opens_at: float | None
    history_done: int
    history_total: int


class ActionRow(NamedTuple):
    """A split (`value` shares for one) or a dividend (`value` a share) that takes effect at `time`.

    `close_before` is the last day's close before a dividend, None where it is not known in the dividend's currency.
    """

    time: int
    action: str
    value: float
    close_before: float | None


class OfferRow(NamedTuple):
    """Live quotes that could not be had at the start, for `reason`; whether they can now, and whether they are asked
    for."""

    source: str
    reason: str
    is_reachable: bool
    is_accepted: bool


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


class OpenBarRow(NamedTuple):
    """The bar still open; `seen` closed bars are in its indicators, all complete after `warm_after`.

    So much of its volume came with a price of its own: `sized`, None where nobody says.
    """

    bar: ChartBar
    seen: int
    warm_after: int
    sized: float | None = None


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


class DataAlertRow(NamedTuple):
    """Something is wrong with the data themselves, until `cleared_at`. `value` and `threshold` are shares."""

    symbol: str
    kind: str
    raised_at: float
    cleared_at: float | None
    value: float | None
    threshold: float | None
    detail: str


class Fared(NamedTuple):
    """How one model's forecasts of the next close have fared since ever.

    `skill` is 1 - mean squared error over that of no change, on the same `scores` closes; `verdict` compares the two in
    words. `held` is the share of those closes inside the model's own interval.
    """

    scores: int
    skill: float | None
    verdict: str | None
    held: float | None


class RecordRow(NamedTuple):
    """How far the forecasts of a symbol and interval are, and how good each model's of the next close are.

    `seen` closed bars of the `needed` ones are there. `champions` are the models to be shown, one a horizon, that of
    the next close first. Intervals of the next close shall hold the share `level`.
    """

    seen: int
    needed: int
    champions: tuple[str, ...]
    level: float
    fared: dict[str, Fared]


class ForecastPath(NamedTuple):
    """What one model said of the next bars; an entry is None, or holds None, where it said nothing of that bar.

    `order` is that of ARIMA (p, d, q), None for another model. `version` is the number of the bar at which that was
    searched for, 0 where no search had a part in it; else that of the trained model. The bounds run besides over the
    levels of the forecast.
    """

    order: tuple[int, int, int] | None
    version: int
    mean: list[float | None]
    lower: list[list[float | None]]
    upper: list[list[float | None]]


class ForecastRow(NamedTuple):
    """What the models said when the bar that starts at `start` closed, at `made_at`, as prices were then.

    The `levels`, which rise, are the shares of closes that the intervals shall hold.
    """

    start: int
    made_at: int
    levels: list[float]
    models: dict[str, ForecastPath]


class PastRow(NamedTuple):
    """A bar that closed at `close`, at `made_at`, and what was then said of the one after it, as prices were then.

    `number` counts the bars of its symbol and interval. Mean and bounds are None where nothing was said, the bounds too
    where it was an interval of another level.
    """

    start: int
    made_at: int
    number: int
    close: float
    mean: float | None
    low: float | None
    high: float | None


class PartRow(NamedTuple):
    """What a part says of itself, over all its instances; `age` is seconds since the newest heartbeat.

    `standing_by` counts the instances that wait for another one to go.
    """

    part: str
    state: str
    detail: str
    instances: int
    lag: int
    per_second: float
    age: float
    standing_by: int = 0
