"""What a chart says as records of ours: finished bars at the prices that were paid, splits and dividends.

Yahoo gives prices and dividends in the shares of today, and volumes too. Here they are as they were: multiplied with
the ratio of every split that took effect later, volumes divided by it. That takes a chart that reaches until now.
Splits that Yahoo tells but has not applied to its older prices change none of them; where that can't be told, and where
prices are in another unit than those around them, bars are set aside (`levels.py`).
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from math import prod
from typing import Literal

from producer.sources.answers import LeftOut
from producer.sources.piecewise import log_left_out
from producer.sources.yahoo.chart import Chart, Point, Split, points
from producer.sources.yahoo.dividends import in_unit_of_prices
from producer.sources.yahoo.levels import Levels, Splits, levels_of
from producer.sources.yahoo.prices import plain_price
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.local_days import local_day
from shared.calendars.special_days import special_day
from shared.market.records import INTERVAL_SECONDS, CorporateAction, RecordedBar, RecordedInterval
from shared.market.side_fields import amount_or_none

SOURCE = "yahoo-history"
LONGEST_DELAY = 1800
"""Seconds by which data of an exchange that are not in real time are late, at most."""
DIVIDEND_DECIMALS = 4
RATIO_LIMIT = 1e6
"""A split above this, or below its inverse, is a mistake."""

log = logging.getLogger("tickstream.producer")


def bars(
    chart: Chart,
    levels: Levels,
    name: str,
    interval: RecordedInterval,
    now: datetime,
    missing: LeftOut | None = None,
) -> Iterator[RecordedBar]:
    """The bars that were finished by `now`; of days, those before the exchange's today.

    What can't be true is noted in `missing`; what is set aside is told by the chart's `levels`.
    """
    left_out, aside = LeftOut(), LeftOut()
    finished = _finished_days(chart, now, left_out) if interval == "1d" else _finished(chart, interval, now)
    for point, told_at in finished:
        if not levels.is_known(told_at):
            aside.note(f"the bar at {point.time}: what its prices are worth can't be told")
            continue
        factor = _factor(levels.splits, point.time)
        try:
            yield _bar(chart, name, interval, point, factor, now)
        except ValueError as error:
            left_out.note(f"the bar at {point.time}: {error}")
    log_left_out(aside, log, f"Yahoo's {interval} bars of {name}, set aside")
    log_left_out(left_out, log, f"Yahoo's {interval} bars of {name}")
    if missing is not None:
        missing.add(left_out)


def levels_in(chart: Chart) -> Levels:
    """At which level the chart's prices are: to be made once a chart."""
    return levels_of(list(points(chart)), _splits(chart), chart.meta.currency)


def actions(
    chart: Chart,
    levels: Levels,
    name: str,
    after: datetime | None,
    now: datetime,
    missing: LeftOut | None = None,
) -> Iterator[CorporateAction]:
    """The splits and dividends of the exchange's day that holds `after`, and of later ones; in no order. What can't be
    true is noted in `missing`."""
    first = 0 if after is None else _midnight(chart, int(after.timestamp()))
    left_out = LeftOut()
    for split in chart.events.splits.values():
        if _ratio(split) is None:
            left_out.note(f"the split at {split.date}: {split.numerator} for {split.denominator}")
    for action, date, value in (*_told_splits(chart), *_told_dividends(chart, levels, first, left_out)):
        if date < first:
            continue
        try:
            yield CorporateAction(
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
        except ValueError as error:
            left_out.note(f"the {action} at {date}: {error}")
    log_left_out(left_out, log, f"Yahoo's splits and dividends of {name}")
    if missing is not None:
        missing.add(left_out)


Told = tuple[Literal["split", "dividend"], int, float]
"""An action with the midnight it takes effect at, and its value on that day."""


def _told_splits(chart: Chart) -> Iterator[Told]:
    for date, ratio in _splits(chart):
        yield "split", date, ratio


def _told_dividends(chart: Chart, levels: Levels, first: int, left_out: LeftOut) -> Iterator[Told]:
    """The dividends from `first` on, in the currency of the prices."""
    for dividend in chart.events.dividends.values():
        if (date := _midnight(chart, dividend.date)) < first or dividend.date < levels.known_from:
            continue
        amount = in_unit_of_prices(chart, dividend)
        if amount is None:
            left_out.note(
                f"the dividend of {dividend.amount:g} at {date}: it may be in another unit than prices"
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
    """Raises ValueError where the prices can't be true."""
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
    """Bars shorter than a day, each with the time that it was told with.

    The price of the moment comes as a last point that is none. While it is that of an exchange whose data come late, it
    tells how far they are.
    """
    seconds = INTERVAL_SECONDS[interval]
    told = list(points(chart))
    known_until = int(now.timestamp())
    if told and _is_live(told[-1], chart, seconds):
        live = told.pop()
        if known_until - live.time < LONGEST_DELAY:
            known_until = min(known_until, live.time)
    return (
        (point, point.time)
        for point in told
        if point.time % seconds == 0 and point.time + seconds <= known_until
    )


def _is_live(point: Point, chart: Chart, seconds: int) -> bool:
    """Whether a last point is the price of the moment, which after the close may lie on the grid of bars."""
    on_grid = point.time % seconds == 0
    is_flat = not point.volume and point.open == point.high == point.low == point.close
    return not on_grid or (is_flat and point.time == chart.meta.regular_market_time)


def _finished_days(chart: Chart, now: datetime, left_out: LeftOut) -> Iterator[tuple[Point, int]]:
    """Days before the exchange's today, each once, with the time that it was told with: the price of the moment may
    come as another bar of its day. One without a session that repeats the day before in every number is left out."""
    calendar = calendar_of(chart.exchange)
    today = last = _midnight(chart, int(now.timestamp()))
    before: Point | None = None
    for point in points(chart):
        midnight = _midnight(chart, point.time)
        if before is not None and point[1:] == before[1:] and special_day(point.time, calendar):
            left_out.note(f"the day at {point.time}: it repeats the day before, and is none of a session")
        elif midnight < today and midnight != last:
            yield point._replace(time=_session_start(chart, calendar, point.time)), point.time
        last, before = midnight, point


def _session_start(chart: Chart, calendar: SessionCalendar, second: int) -> int:
    """A moment of the session that a day's bar stands for: its own, or the opening where that comes later."""
    session = calendar.at(second)
    if session.name == "regular" or _midnight(chart, session.day_start) != _midnight(chart, second):
        return second
    return session.day_start


def _splits(chart: Chart) -> Splits:
    """When each took effect, and how many shares one became; what can't be true is left out."""
    told = ((split.date, _ratio(split)) for split in chart.events.splits.values())
    return [(_midnight(chart, date), ratio) for date, ratio in told if ratio is not None]


def _ratio(split: Split) -> float | None:
    """How many shares one became; None where that can't be true."""
    ratio = split.numerator / split.denominator if split.denominator else 0.0
    return ratio if 1 / RATIO_LIMIT < ratio < RATIO_LIMIT else None


def _factor(splits: Splits, second: int) -> float:
    """How many shares of today one share of then became."""
    return prod((ratio for date, ratio in splits if date > second), start=1.0)


def _midnight(chart: Chart, second: int) -> int:
    """The beginning of the exchange's day that holds `second`."""
    return local_day(second, chart.zone).start
