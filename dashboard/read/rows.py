"""The rows that the dashboard reads from the tables. Every time is in epoch seconds UTC."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from analytics.indicators.indicator_row import IndicatorRow

SeriesKey = tuple[str, str]
"""A symbol and an interval."""


class SymbolRow(NamedTuple):
    """The last quote of a symbol, with None in its fields before the first quote, and its company.

    `late` and `extreme` count its late quotes and those that were set aside. `last_day_close` is the close of the
    newest day bar that had ended by the time of the quote. `market` is the exchange's display name, `decimals` the
    number of decimals of its source's prices.
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
    extreme: int = 0


PRODUCER_SILENT = "producer silent"
"""The cause if the producer reports no quote status."""


class DataQualityRow(NamedTuple):
    """The status of a symbol's quotes. `source` is the active one, `standby` the other one of two."""

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
    """A split (`value` shares for one) or a dividend (`value` per share) that takes effect at `time`.

    `close_before` is the last daily close before a dividend, None if unknown in the dividend's currency.
    """

    time: int
    action: str
    value: float
    close_before: float | None


class OfferRow(NamedTuple):
    """A live source that was unavailable at the start for `reason`; whether it is available now, and whether the
    switch to it was requested."""

    source: str
    reason: str
    is_reachable: bool
    is_accepted: bool


class ChartBar(NamedTuple):
    """An open or closed bar with its indicators."""

    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    quotes: int
    indicators: IndicatorRow


def chart_bar(row: Sequence[Any]) -> ChartBar:
    """The bar of a row of a table: its own columns, then those of the catalog of indicators."""
    own = len(ChartBar._fields) - 1
    return ChartBar._make([*row[:own], IndicatorRow(row[own:])])


class OpenBarRow(NamedTuple):
    """An open bar. Its indicators include `seen` closed bars; all are available after `warm_after` bars.

    `sized` is the part of its volume that was received with a price, None if unknown.
    """

    bar: ChartBar
    seen: int
    warm_after: int
    sized: float | None = None


class AlertRow(NamedTuple):
    """An alert of a rule at a bar's close; `value` and `threshold` are in the rule's unit.

    A rule of the user's own has a text, and the values that its condition read, as JSON, instead of both.
    `acknowledged_by` is who dealt with it, None if nobody has. If it belongs to a grouped alert, that has so many
    `members`, of so many `symbols` with a bar. `state` is set for live rules:
    provisional, confirmed or withdrawn. `known_at` is when the log got the record that caused it, None if it is not
    known.
    """

    symbol: str
    interval: str
    rule: str
    start: int
    event_time: float
    value: float | None
    threshold: float | None
    price: float
    text: str | None = None
    named_values: str | None = None
    severity: str | None = None
    acknowledged_by: str | None = None
    state: str | None = None
    members: int | None = None
    symbols: int | None = None
    known_at: float | None = None


class DataAlertRow(NamedTuple):
    """A data alert, active until `cleared_at`. `value` and `threshold` are in the kind's unit."""

    symbol: str
    kind: str
    raised_at: float
    cleared_at: float | None
    value: float | None
    threshold: float | None
    detail: str


class ModelAccuracy(NamedTuple):
    """The accuracy of one model's forecasts of the next close over its lifetime.

    `scores` is the number of scored forecasts. `skill` is 1 - MSE / MSE of "no change" on the same closes; `verdict` is
    the result of comparing the two. `coverage` is the fraction of those closes inside the model's interval.
    """

    scores: int
    skill: float | None
    verdict: str | None
    coverage: float | None


class SeriesAccuracy(NamedTuple):
    """Progress of the forecasts of a symbol and interval, and each model's accuracy for the next close.

    `seen` of the `needed` closed bars are available. `champions` are the models to show, one per horizon, that of the
    next close first. `level` is the nominal coverage of the widest interval of the next close.
    """

    seen: int
    needed: int
    champions: tuple[str, ...]
    level: float
    models: dict[str, ModelAccuracy]


class ForecastPath(NamedTuple):
    """One model's forecast of the next bars; an entry is None, or contains None, if the model has none for that bar.

    `order` is ARIMA's (p, d, q), None for other models. `version` is the version of a trained model; for ARIMA it is
    the number of the bar of its order search, 0 before the first search. The bounds hold one list per bar, with one
    entry per level of the forecast.
    """

    order: tuple[int, int, int] | None
    version: int
    mean: list[float | None]
    lower: list[list[float | None]]
    upper: list[list[float | None]]


class ForecastRow(NamedTuple):
    """The models' forecasts made at `made_at`, when the bar that starts at `start` closed, in units of that time's
    share.

    `levels` are the nominal coverages of the intervals, ascending.
    """

    start: int
    made_at: int
    levels: list[float]
    models: dict[str, ForecastPath]


class PastForecastRow(NamedTuple):
    """A bar that closed with price `close` at the time `made_at`, and the forecast made then for the next bar.

    Prices are in units of that time's share. `number` counts the bars of the symbol and interval. Mean and bounds are
    None without a forecast; the bounds are also None if there is no interval of the level.
    """

    start: int
    made_at: int
    number: int
    close: float
    mean: float | None
    low: float | None
    high: float | None


class PartRow(NamedTuple):
    """A part's heartbeat over all its instances; `age` is the seconds since the newest one.

    `standing_by` is the number of instances on standby.
    """

    part: str
    state: str
    detail: str
    instances: int
    lag: int
    per_second: float
    age: float
    standing_by: int = 0


class HeadlineRow(NamedTuple):
    """A headline with its score; times in epoch seconds."""

    title: str
    publisher: str | None
    link: str | None
    published: float
    received: float
    score: float
    scorer: str
    source: str
