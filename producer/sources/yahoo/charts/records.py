"""Converts a chart to records: finished bars at unadjusted prices, splits and dividends.

Yahoo's prices, dividends and volumes are adjusted for splits. Here they are unadjusted: prices are multiplied by the
ratios of all later splits, volumes are divided by them. This needs a chart that reaches until now. Splits that Yahoo
lists but has not applied to its older prices are not reversed; if that is unclear, or if prices are in another unit
than those around them, bars are skipped (`levels.py`).
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from math import prod
from typing import Literal

from producer.sources.answers import Skipped
from producer.sources.piecewise import log_skipped
from producer.sources.yahoo.charts.chart_types import Chart, Point, Split, points
from producer.sources.yahoo.charts.dividends import in_unit_of_prices
from producer.sources.yahoo.charts.levels import Levels, Splits, levels_of
from producer.sources.yahoo.prices import plain_price
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.local_days import local_day
from shared.calendars.special_days import special_day
from shared.market.records import INTERVAL_SECONDS, CorporateAction, RecordedBar, RecordedInterval
from shared.market.side_fields import amount_or_none

SOURCE = "yahoo-history"
MAX_DELAY = 1800
"""Maximum delay of an exchange's data in seconds."""
DIVIDEND_DECIMALS = 4
RATIO_LIMIT = 1e6
"""A split ratio above this, or below its inverse, is an error."""

log = logging.getLogger("tickstream.producer")


def bars(
    chart: Chart,
    levels: Levels,
    name: str,
    interval: RecordedInterval,
    now: datetime,
    missing: Skipped | None = None,
) -> Iterator[RecordedBar]:
    """The bars that ended by `now`; of daily bars, those before the exchange's current day.

    Invalid bars are counted in `missing`; ambiguous bars are skipped as described by the chart's `levels`.
    """
    skipped, ambiguous = Skipped(), Skipped()
    finished = _finished_days(chart, now, skipped) if interval == "1d" else _finished(chart, interval, now)
    for point, stated_at in finished:
        if not levels.is_known(stated_at):
            ambiguous.note(f"the bar at {point.time}: the adjustment of its prices is unclear")
            continue
        factor = _factor(levels.splits, point.time)
        try:
            yield _bar(chart, name, interval, point, factor, now)
        except ValueError as error:
            skipped.note(f"the bar at {point.time}: {error}")
    log_skipped(ambiguous, log, f"Yahoo's {interval} bars of {name}, ambiguous")
    log_skipped(skipped, log, f"Yahoo's {interval} bars of {name}")
    if missing is not None:
        missing.add(skipped)


def levels_in(chart: Chart) -> Levels:
    """The adjustments and units of the chart's prices; compute it once per chart."""
    return levels_of(list(points(chart)), _splits(chart), chart.meta.currency)


def actions(
    chart: Chart,
    levels: Levels,
    name: str,
    after: datetime | None,
    now: datetime,
    missing: Skipped | None = None,
) -> Iterator[CorporateAction]:
    """The splits and dividends from the exchange's day of `after` on, unordered. Invalid ones are counted in
    `missing`."""
    first = 0 if after is None else _midnight(chart, int(after.timestamp()))
    skipped = Skipped()
    for split in chart.events.splits.values():
        if _ratio(split) is None:
            skipped.note(f"the split at {split.date}: {split.numerator} for {split.denominator}")
    for action, date, value in (*_split_values(chart), *_dividend_values(chart, levels, first, skipped)):
        if date < first:
            continue
        try:
            yield _action(chart, name, (action, date, value), now)
        except ValueError as error:
            skipped.note(f"the {action} at {date}: {error}")
    log_skipped(skipped, log, f"Yahoo's splits and dividends of {name}")
    if missing is not None:
        missing.add(skipped)


ActionValue = tuple[Literal["split", "dividend"], int, float]
"""An action: its type, the midnight at which it takes effect, and its value on that day."""


def _action(chart: Chart, name: str, values: ActionValue, now: datetime) -> CorporateAction:
    """Raises ValueError if the value is invalid."""
    action, date, value = values
    return CorporateAction(
        symbol=name,
        action=action,
        time=datetime.fromtimestamp(date, UTC),
        value=value,
        source=SOURCE,
        position=0,
        received_time=now,
        currency=chart.meta.currency,
        exchange=chart.exchange,
    )


def _split_values(chart: Chart) -> Iterator[ActionValue]:
    for date, ratio in _splits(chart):
        yield "split", date, ratio


def _dividend_values(chart: Chart, levels: Levels, first: int, skipped: Skipped) -> Iterator[ActionValue]:
    """The dividends from `first` on, in the currency of the prices."""
    for dividend in chart.events.dividends.values():
        if (date := _midnight(chart, dividend.date)) < first or dividend.date < levels.known_from:
            continue
        amount = in_unit_of_prices(chart, dividend)
        if amount is None:
            skipped.note(
                f"the dividend of {dividend.amount:g} at {date}: it may be in another unit than the prices"
            )
        else:
            yield (
                "dividend",
                date,
                plain_price(amount, DIVIDEND_DECIMALS, _factor(levels.splits, dividend.date)),
            )


def _bar(
    chart: Chart, name: str, interval: RecordedInterval, point: Point, factor: float, now: datetime
) -> RecordedBar:
    """Raises ValueError if the prices are invalid."""
    opened, high, low, close = (plain_price(price, chart.meta.price_hint, factor) for price in point[1:5])
    volume = amount_or_none(point.volume)
    return RecordedBar(
        symbol=name,
        interval=interval,
        start=datetime.fromtimestamp(point.time, UTC),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume if volume is None or factor == 1 else float(round(volume / factor)),
        source=SOURCE,
        position=0,
        received_time=now,
        currency=chart.meta.currency,
        exchange=chart.exchange,
    )


def _finished(chart: Chart, interval: RecordedInterval, now: datetime) -> Iterator[tuple[Point, int]]:
    """The finished intraday bars, each with its original time.

    The last point may be the current price instead of a bar. If the exchange's data are delayed, its time is the time
    up to which they are complete.
    """
    seconds = INTERVAL_SECONDS[interval]
    given = list(points(chart))
    known_until = int(now.timestamp())
    if given and _is_live(given[-1], chart, seconds):
        live = given.pop()
        if known_until - live.time < MAX_DELAY:
            known_until = min(known_until, live.time)
    return (
        (point, point.time)
        for point in given
        if point.time % seconds == 0 and point.time + seconds <= known_until
    )


def _is_live(point: Point, chart: Chart, seconds: int) -> bool:
    """Whether the last point is the current price, which after the close may have a valid start time of a bar."""
    on_grid = point.time % seconds == 0
    is_flat = not point.volume and point.open == point.high == point.low == point.close
    return not on_grid or (is_flat and point.time == chart.meta.regular_market_time)


def _finished_days(chart: Chart, now: datetime, skipped: Skipped) -> Iterator[tuple[Point, int]]:
    """The days before the exchange's current day, each once, with the original time: the current price may be another
    bar of its day. A day without a session that repeats all numbers of the previous day is skipped."""
    calendar = calendar_of(chart.exchange)
    today = last = _midnight(chart, int(now.timestamp()))
    before: Point | None = None
    for point in points(chart):
        midnight = _midnight(chart, point.time)
        if before is not None and point[1:] == before[1:] and special_day(point.time, calendar):
            skipped.note(f"the day at {point.time}: it repeats the previous day, and has no session")
        elif midnight < today and midnight != last:
            yield point._replace(time=_session_start(chart, calendar, point.time)), point.time
        last, before = midnight, point


def _session_start(chart: Chart, calendar: SessionCalendar, second: int) -> int:
    """A time within the session of a daily bar: its own time, or the opening if that is later."""
    session = calendar.at(second)
    if session.name == "regular" or _midnight(chart, session.day_start) != _midnight(chart, second):
        return second
    return session.day_start


def _splits(chart: Chart) -> Splits:
    """When each split took effect, and its ratio; invalid ones are omitted."""
    given = ((split.date, _ratio(split)) for split in chart.events.splits.values())
    return [(_midnight(chart, date), ratio) for date, ratio in given if ratio is not None]


def _ratio(split: Split) -> float | None:
    """The ratio of a split; None if it is invalid."""
    ratio = split.numerator / split.denominator if split.denominator else 0.0
    return ratio if 1 / RATIO_LIMIT < ratio < RATIO_LIMIT else None


def _factor(splits: Splits, second: int) -> float:
    """The product of the ratios of all splits after `second`."""
    return prod((ratio for date, ratio in splits if date > second), start=1.0)


def _midnight(chart: Chart, second: int) -> int:
    """The start of the exchange's day that contains `second`."""
    return local_day(second, chart.zone).start
