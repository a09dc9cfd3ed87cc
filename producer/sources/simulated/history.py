"""The simulated history as finished bars: first days, then hours, quarter-hours and minutes, without overlap.

All are built from the same minutes, so that longer bars agree with their minutes, and minutes with their quotes.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from producer.sources.simulated.chance import Floats
from producer.sources.simulated.minutes import (
    CLOSES,
    MINUTES,
    OPENS,
    MinuteMaker,
    SimulatedMinutes,
    market_shocks,
)
from producer.sources.simulated.places import bar_at
from shared.calendars.calendars import DAY
from shared.market.exchanges import SIMULATED
from shared.market.records import RecordedBar, RecordedInterval

SOURCE, CURRENCY = "simulated", "USD"
DAYS_OF_HISTORY, DAYS_OF_HOURS, DAYS_OF_QUARTERS, DAYS_OF_MINUTES = 730, 60, 7, 2
"""Two days of this market have as many minutes as a week of a stock exchange."""
DAYS_AT_ONCE = 16
BARS_AT_ONCE = 500_000
"""Of all symbols together, but at least those of a day; each takes 40 bytes."""
KEPT_BYTES = 2**24
MOMENTS_AT_ONCE = 64
"""Bars of a symbol that are converted to Python's numbers at once, which take five times as much memory."""


class Listed(NamedTuple):
    """A symbol of the market: its rank among records of the same microsecond, and its minute generator."""

    symbol: str
    rank: int
    maker: MinuteMaker


class SimulatedSpan(NamedTuple):
    """Bars of one interval for the days [first_day, last_day) since 1970."""

    interval: RecordedInterval
    first_day: int
    last_day: int


class Shape(NamedTuple):
    """How the minutes of a day are aggregated: `length` minutes per bar, from `first` to `last`."""

    first: int
    last: int
    length: int


SHAPES: dict[RecordedInterval, Shape] = {
    "1d": Shape(OPENS, CLOSES, CLOSES - OPENS),
    "1h": Shape(0, MINUTES, 60),
    "15m": Shape(0, MINUTES, 15),
    "1m": Shape(0, MINUTES, 1),
}


def spans(first_day: int, today: int) -> list[SimulatedSpan]:
    """The intervals used for the days from `first_day` to `today`, inclusive."""
    hours = max(first_day, today - DAYS_OF_HOURS)
    quarters = max(first_day, today - DAYS_OF_QUARTERS)
    minutes = max(first_day, today - DAYS_OF_MINUTES)
    return [
        SimulatedSpan("1d", first_day, hours),
        SimulatedSpan("1h", hours, quarters),
        SimulatedSpan("15m", quarters, minutes),
        SimulatedSpan("1m", minutes, today + 1),
    ]


def count_of(span: SimulatedSpan, until: int) -> int:
    """The number of bars of one symbol in a span that end at `until` (epoch seconds) or before."""
    shape = SHAPES[span.interval]
    a_day = (shape.last - shape.first) // shape.length
    today, second = divmod(until, DAY)
    of_today = min(max(0, (second // 60 - shape.first) // shape.length), a_day)
    whole = min(span.last_day, today) - span.first_day
    return max(0, whole) * a_day + (of_today if span.first_day <= today < span.last_day else 0)


def bars(seed: int, listed: Sequence[Listed], span: SimulatedSpan) -> Iterator[RecordedBar]:
    """The bars of one span for all symbols, in order of position; at most some BARS_AT_ONCE are computed ahead."""
    if not listed:
        return
    _keep_freed_memory()
    shape = SHAPES[span.interval]
    a_day = len(listed) * (shape.last - shape.first) // shape.length
    days_at_once = max(1, min(DAYS_AT_ONCE, BARS_AT_ONCE // a_day))
    for first_day in range(span.first_day, span.last_day, days_at_once):
        count = min(days_at_once, span.last_day - first_day)
        starts = (first_day + np.arange(count))[:, None] * DAY + np.arange(
            shape.first, shape.last, shape.length
        ) * 60
        moments = _moments(seed, listed, shape, first_day, count)
        for start, values in zip(starts.ravel().tolist(), moments, strict=True):
            end = start + shape.length * 60
            times = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
            for each, row in zip(listed, values, strict=True):
                position = bar_at(span.interval, end, each.rank)
                yield _bar(each.symbol, span.interval, times, position, row)


def _keep_freed_memory() -> None:
    """Freeing one large array lets glibc keep freed memory up to twice its size. Otherwise each array of a chunk is
    requested from the operating system and given back, which takes three times as long as its computation."""
    np.empty(KEPT_BYTES, dtype=np.uint8)


def _moments(
    seed: int, listed: Sequence[Listed], shape: Shape, first_day: int, count: int
) -> Iterator[list[list[float]]]:
    """For each bar of these days the values of every symbol, as arrays until they are needed."""
    shocks = market_shocks(seed, first_day, count)
    columns = [_columns(_folded(each.maker.minutes(first_day, shocks), shape)) for each in listed]
    for first in range(0, columns[0].shape[1], MOMENTS_AT_ONCE):
        piece = np.stack([values[:, first : first + MOMENTS_AT_ONCE] for values in columns])
        yield from piece.transpose(2, 0, 1).tolist()


def _folded(minutes: SimulatedMinutes, shape: Shape) -> SimulatedMinutes:
    """Aggregate minutes, one row per day, to longer bars, one row per day."""
    cut = SimulatedMinutes(
        *(values[:, shape.first : shape.last].reshape(len(values), -1, shape.length) for values in minutes)
    )
    return SimulatedMinutes(
        open=cut.open[:, :, 0],
        high=cut.high.max(axis=2),
        low=cut.low.min(axis=2),
        close=cut.close[:, :, -1],
        volume=cut.volume.sum(axis=2),
        quotes=cut.quotes.sum(axis=2),
    )


def _columns(folded: SimulatedMinutes) -> Floats:
    """Open, high, low, close in dollars and volume: a row each, with one column per bar."""
    prices = (values.ravel() / 100 for values in folded[:4])
    return np.stack([*prices, folded.volume.ravel().astype(float)])


def _bar(
    symbol: str,
    interval: RecordedInterval,
    times: tuple[datetime, datetime],
    position: int,
    values: list[float],
) -> RecordedBar:
    """The received time of a historical bar is its end."""
    opened, high, low, close, volume = values
    return RecordedBar(
        symbol=symbol,
        interval=interval,
        start=times[0],
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=volume,
        source=SOURCE,
        position=position,
        received_time=times[1],
        currency=CURRENCY,
        exchange=SIMULATED,
    )
