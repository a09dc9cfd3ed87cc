"""What each closed bar adds to the figures of the whole market, and their sums. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import isclose
from typing import NamedTuple

from analytics.cross_section.closes import Close, bar_time, in_new_shares
from analytics.cross_section.rolling_beta import BetaAt, LogCloses, betas_since, log_closes
from shared.market.records import Interval
from shared.market.splits import SplitAt

ROUNDING = 1e-12


class PricedBar(NamedTuple):
    """A closed bar: its start and end in epoch seconds, its close, and the long simple moving average if it has one."""

    start: int
    end: int
    close: float
    average: float | None


class PricedSeries(NamedTuple):
    """The closed bars of a symbol, in order, and its splits."""

    bars: Sequence[PricedBar]
    splits: Sequence[SplitAt]


class Move(NamedTuple):
    """A bar's part in the figures: `change` is 1, 0 or -1, the direction from the close before it in the same shares.
    None where there is no close before, no average yet, or no bar of the benchmark at this time."""

    change: int | None
    is_above: bool | None
    benchmark: str | None = None
    beta: float | None = None
    correlation: float | None = None
    returns: int | None = None


class BreadthCounts(NamedTuple):
    """Counts of symbols at one time. `above` of `averaged` symbols closed above their average."""

    symbols: int
    advancers: int
    decliners: int
    unchanged: int
    above: int
    averaged: int


class Benchmark(NamedTuple):
    """The symbol that betas refer to, and its closes before the time `until`, in epoch seconds."""

    symbol: str
    closes: LogCloses
    until: int


def with_logarithms(interval: Interval, series: PricedSeries) -> LogCloses:
    """The closes of a series as betas take them."""
    return log_closes(
        {bar_time(interval, bar.start, bar.end): (bar.start, bar.close) for bar in series.bars},
        series.splits,
    )


def moves_between(
    interval: Interval,
    series: PricedSeries,
    benchmark: Benchmark | None,
    returns: int,
    since: int,
    until: int,
) -> dict[int, Move]:
    """The moves of a symbol by the times of its bars, from `since` on and before `until`, epoch seconds; betas are over
    `returns` returns. The bars must be those that `betas_since` needs, and at least the one before."""
    betas: dict[int, BetaAt] = {}
    if benchmark is not None:
        betas = betas_since(with_logarithms(interval, series), benchmark.closes, returns, since)
    found: dict[int, Move] = {}
    before: PricedBar | None = None
    for bar in series.bars:
        time = bar_time(interval, bar.start, bar.end)
        if since <= time < until:
            found[time] = _move(before, bar, series.splits, benchmark, betas.get(time))
        before = bar
    return found


def _move(
    before: PricedBar | None,
    bar: PricedBar,
    splits: Sequence[SplitAt],
    benchmark: Benchmark | None,
    at: BetaAt | None,
) -> Move:
    change = None if before is None else _change(before, bar, splits)
    is_above = None if bar.average is None else _direction(bar.close, bar.average) > 0
    if benchmark is None or at is None:
        return Move(change, is_above)
    return Move(change, is_above, benchmark.symbol, at.beta, at.correlation, at.returns)


def _change(before: PricedBar, bar: PricedBar, splits: Sequence[SplitAt]) -> int:
    between = [split for split in splits if split.time <= bar.start]
    ((_, close),) = in_new_shares([Close(before.start, before.close)], between)
    return _direction(bar.close, close)


def _direction(close: float, other: float) -> int:
    """1 if the close is above the other price, -1 if it is below; 0 also for the rounding of a price in new shares."""
    return 0 if isclose(close, other, rel_tol=ROUNDING) else (close > other) - (close < other)


def breadth_change(
    before: Iterable[Mapping[int, Move]], after: Iterable[Mapping[int, Move]]
) -> dict[int, BreadthCounts]:
    """What to add to the breadth at each time when moves, given by symbol and time, take the place of others. Times at
    which nothing changes are left out."""
    old, new = _by_time(before), _by_time(after)
    found = {}
    for time in sorted({*old, *new}):
        counts = (breadth_of(moves.get(time, ())) for moves in (old, new))
        change = BreadthCounts(*(now - then for then, now in zip(*counts, strict=True)))
        if any(change):
            found[time] = change
    return found


def _by_time(symbols: Iterable[Mapping[int, Move]]) -> dict[int, list[Move]]:
    found: dict[int, list[Move]] = {}
    for moves in symbols:
        for time, move in moves.items():
            found.setdefault(time, []).append(move)
    return found


def breadth_of(moves: Iterable[Move]) -> BreadthCounts:
    """The breadth of these symbols at one time."""
    found = list(moves)
    changes = Counter(move.change for move in found)
    averages = Counter(move.is_above for move in found)
    return BreadthCounts(
        symbols=len(found),
        advancers=changes[1],
        decliners=changes[-1],
        unchanged=changes[0],
        above=averages[True],
        averaged=averages[True] + averages[False],
    )
