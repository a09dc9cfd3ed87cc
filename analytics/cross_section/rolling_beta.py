"""Beta and correlation of a symbol at each of many times. Pure.

A value depends on the closes of its own window only, never on how many other times are calculated with it: the same
bars give the same bits whether they are calculated at once or one after the other.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite, log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.cross_section.closes import Numbers
from analytics.cross_section.correlation import LEAST_RETURNS, deviations
from shared.market.splits import SplitAt

REACH = 2
"""A window of n returns lies within the last n * REACH bars of the benchmark: a symbol that has traded at few of their
times has fewer returns."""


class LogClose(NamedTuple):
    """The natural logarithm of a close, adjusted for no later split; the bar's `start` is in epoch seconds."""

    start: int
    value: float


class LogCloses(NamedTuple):
    """The times of a symbol's bars, in order; the closes by these times, and its splits. A close at or below zero has
    no logarithm and is absent."""

    times: Sequence[int]
    closes: Mapping[int, LogClose]
    splits: Sequence[SplitAt]


class BetaAt(NamedTuple):
    """Beta and correlation over so many returns, defined as in `correlation.Beta`; None where they are unknown."""

    beta: float | None
    correlation: float | None
    returns: int


def log_closes(closes: Mapping[int, tuple[int, float]], splits: Sequence[SplitAt]) -> LogCloses:
    """The logarithms of closes, which are given by the times of their bars, with the starts of these."""
    found = {time: LogClose(start, log(close)) for time, (start, close) in closes.items() if close > 0.0}
    return LogCloses(sorted(closes), found, splits)


def earliest_needed(market: LogCloses, returns: int, since: int) -> int:
    """The earliest time whose close may be in a window of so many returns that ends at `since` or later; `since` itself
    if the benchmark has no bar from there on, because no window ends there then."""
    place = bisect_left(market.times, since)
    return market.times[max(0, place - returns * REACH)] if 0 < place < len(market.times) else since


def betas_since(own: LogCloses, market: LogCloses, returns: int, since: int) -> dict[int, BetaAt]:
    """The beta of a symbol over the last `returns` returns at each time from `since` on, epoch seconds, at which both
    have a close. The symbol must have its closes from `earliest_needed` on, and the benchmark so many bars before."""
    times = sorted(own.closes.keys() & market.closes.keys())
    times = times[max(0, bisect_left(times, since) - returns) :]
    ends_by_count: dict[int, list[int]] = {}
    for end in range(bisect_left(times, since), len(times)):
        earliest = earliest_needed(market, returns, times[end])
        ends_by_count.setdefault(min(returns, end - bisect_left(times, earliest)), []).append(end)
    if not ends_by_count:
        return {}
    own_returns, market_returns = (_log_returns(each, times) for each in (own, market))
    found: dict[int, BetaAt] = {}
    for count, ends in ends_by_count.items():
        windows = (_windows(each, np.array(ends), count) for each in (own_returns, market_returns))
        found |= dict(zip((times[end] for end in ends), _betas(*windows), strict=True))
    return found


def _log_returns(symbol: LogCloses, times: Sequence[int]) -> Numbers:
    """The log returns between these times, of a holder: a split adds the logarithm of its ratio to the return that
    spans it."""
    closes = [symbol.closes[time] for time in times]
    found = [after.value - before.value for before, after in pairwise(closes)]
    starts = [close.start for close in closes]
    for split in symbol.splits:
        place = bisect_left(starts, split.time)
        if 0 < place < len(starts):
            found[place - 1] += log(split.ratio)
    return np.array(found)


def _windows(returns: Numbers, ends: NDArray[np.int64], count: int) -> Numbers:
    """A row for each end: the deviations of the `count` returns before it from their mean, zero if all are equal."""
    return deviations(returns[ends[:, None] - count + np.arange(count)])


def _betas(own: Numbers, market: Numbers) -> list[BetaAt]:
    count = own.shape[1]
    if count < LEAST_RETURNS:
        return [BetaAt(None, None, count)] * len(own)
    shared, own_squares, market_squares = (
        (left * right).sum(axis=1) for left, right in ((own, market), (own, own), (market, market))
    )
    is_beta_known = market_squares > 0.0
    is_correlation_known = is_beta_known & (own_squares > 0.0)
    beta = shared / np.where(is_beta_known, market_squares, 1.0)
    scale = np.sqrt(np.where(is_correlation_known, own_squares * market_squares, 1.0))
    return [
        BetaAt(one, other, count)
        for one, other in zip(
            _known(beta, is_beta_known),
            _known(np.clip(shared / scale, -1.0, 1.0), is_correlation_known),
            strict=True,
        )
    ]


def _known(values: Numbers, is_known: NDArray[np.bool_]) -> list[float | None]:
    """The values, None where they are unknown; a zero has no sign."""
    known = zip((values + 0.0).tolist(), is_known.tolist(), strict=True)
    return [value if is_kept and isfinite(value) else None for value, is_kept in known]
