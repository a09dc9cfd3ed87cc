"""Breadth and betas by their definitions, in plain Python and slowly: from all bars, one time after the other."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import isclose, log, sqrt
from statistics import fmean
from typing import NamedTuple

LEAST_RETURNS, REACH, ROUNDING = 20, 2, 1e-12
Splits = Sequence[tuple[float, float]]
"""Time in epoch seconds and ratio, in order."""


class NaiveBar(NamedTuple):
    """A closed bar; `date` is that of the exchange if it is a day, else None."""

    start: int
    close: float
    average: float | None
    date: str | None = None

    @property
    def time(self) -> int:
        if self.date is None:
            return self.start
        return int(datetime.fromisoformat(self.date).replace(tzinfo=UTC).timestamp())


class NaiveMove(NamedTuple):
    """As `analytics.cross_section.moves.Move`."""

    change: int | None
    is_above: bool | None
    beta: float | None
    correlation: float | None
    returns: int | None


def naive_moves(
    market: Mapping[str, tuple[Sequence[NaiveBar], Splits]], benchmark: str, returns: int
) -> dict[tuple[str, int], NaiveMove]:
    """The move of each bar, by symbol and time."""
    found = {}
    for symbol, (bars, splits) in market.items():
        for place, bar in enumerate(bars):
            change = None
            if place:
                before = close_for_holder(bars[place - 1], bar, splits)
                change = direction(bar.close, before)
            is_above = None if bar.average is None else direction(bar.close, bar.average) == 1
            beta = naive_beta(market, symbol, benchmark, returns, bar.time)
            found[symbol, bar.time] = NaiveMove(change, is_above, *beta)
    return found


def direction(price: float, other: float) -> int:
    """1, 0 or -1; the rounding of prices in new shares is no difference."""
    return 0 if isclose(price, other, rel_tol=ROUNDING) else 1 if price > other else -1


def close_for_holder(before: NaiveBar, bar: NaiveBar, splits: Splits) -> float:
    """The close of the bar before in the shares of a bar."""
    close = before.close
    for time, ratio in splits:
        if before.start < time <= bar.start:
            close /= ratio
    return close


def naive_beta(
    market: Mapping[str, tuple[Sequence[NaiveBar], Splits]],
    symbol: str,
    benchmark: str,
    returns: int,
    time: int,
) -> tuple[float | None, float | None, int | None]:
    """Beta and correlation of a symbol at a time, and the number of returns."""
    if benchmark not in market:
        return None, None, None
    times = [bar.time for bar in market[benchmark][0]]
    earliest = times[max(0, bisect_left(times, time) - REACH * returns)]
    own, other = (
        {bar.time: bar for bar in market[name][0] if earliest <= bar.time <= time and bar.close > 0.0}
        for name in (symbol, benchmark)
    )
    common = sorted(own.keys() & other.keys())[-(returns + 1) :]
    if time not in common:
        return None, None, None
    pairs = list(pairwise(common))
    y, x = (
        [
            log(bars[after].close / close_for_holder(bars[before], bars[after], market[name][1]))
            for before, after in pairs
        ]
        for name, bars in ((symbol, own), (benchmark, other))
    )
    if len(pairs) < LEAST_RETURNS:
        return None, None, len(pairs)
    return *slope_and_correlation(x, y), len(pairs)


def slope_and_correlation(x: Sequence[float], y: Sequence[float]) -> tuple[float | None, float | None]:
    """None where there is no variance; returns that differ by rounding alone are equal."""
    dx, dy = ([value - fmean(values) for value in values] for values in (x, y))
    xx, yy, xy = (
        sum(a * b for a, b in zip(left, right, strict=True)) for left, right in ((dx, dx), (dy, dy), (dx, dy))
    )
    x_moves, y_moves = (max(values) - min(values) >= ROUNDING for values in (x, y))
    if not x_moves:
        return None, None
    return (xy / xx, xy / sqrt(xx * yy)) if y_moves else (0.0, None)
