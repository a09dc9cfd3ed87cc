"""Correlation and beta of returns. Pure.

Two symbols are compared over the keys, dates or times, at which both have a close: each return reaches from one common
key to the next, so that after a holiday of one exchange both returns span the same days. Exchanges that close at
different hours are compared by date; what happens between their closes appears in the one a day later.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.cross_section.closes import CloseTable, Numbers

STILL = 1e-12
"""Returns that differ by less are equal: that is the rounding of closes in new shares and of their logarithms."""
LEAST_RETURNS = 20
"""With fewer returns no correlation is given: its error would be larger than most correlations."""


class Correlations(NamedTuple):
    """A row and a column for each symbol: Pearson's correlation of log returns, -1 to 1, and the returns counted.

    NaN where there are too few returns, or where all returns of one of both are equal.
    """

    symbols: list[str]
    values: Numbers
    counts: NDArray[np.int64]


class Beta(NamedTuple):
    """A symbol against a benchmark: `beta` is the covariance of log returns divided by the benchmark's variance, as in
    Sharpe, Capital Asset Prices (1964). NaN where it is unknown."""

    symbol: str
    beta: float
    correlation: float
    returns: int


class _Block(NamedTuple):
    """Deviations of returns from their means, for two groups of symbols with the same keys each."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    left: Numbers
    right: Numbers


def correlations(table: CloseTable, returns: int) -> Correlations:
    """The correlation of all pairs over their last `returns` common returns."""
    size = len(table.symbols)
    values, counts = np.full((size, size), np.nan), np.zeros((size, size), dtype=np.int64)
    for rows, columns, left, right in _blocks(table, returns):
        place = np.ix_(rows, columns)
        counts[place] = left.shape[1]
        if left.shape[1] >= LEAST_RETURNS:
            values[place] = _correlation(left, right)
    counts, values = np.maximum(counts, counts.T), np.fmax(values, values.T)
    return Correlations(list(table.symbols), values, counts)


def betas(table: CloseTable, benchmark: str, returns: int) -> list[Beta]:
    """Each symbol against the benchmark over their last `returns` common returns. Raises ValueError if the table does
    not have the benchmark."""
    if benchmark not in table.symbols:
        raise ValueError(f"there are no closes of {benchmark}")
    place = list(table.symbols).index(benchmark)
    found: dict[int, Beta] = {}
    known = ~np.isnan(table.closes)
    for mask, rows in _groups(table):
        keys = np.flatnonzero(mask & known[place])[-(returns + 1) :]
        (market,) = _deviations(table, np.array([place]), keys)
        for row, own in zip(rows, _deviations(table, rows, keys), strict=True):
            found[int(row)] = _beta(table.symbols[row], own, market)
    return [found[row] for row in range(len(table.symbols))]


def _beta(symbol: str, own: Numbers, market: Numbers) -> Beta:
    count, variance = len(own), float(market @ market)
    if count < LEAST_RETURNS or variance == 0.0:
        return Beta(symbol, np.nan, np.nan, count)
    return Beta(
        symbol, float(own @ market) / variance, float(_correlation(own[None], market[None])[0, 0]), count
    )


def _blocks(table: CloseTable, returns: int) -> Iterator[_Block]:
    """The returns of all pairs, in blocks of symbols that have the same keys; each pair is in one of them."""
    groups = _groups(table)
    for place, (mask, rows) in enumerate(groups):
        for other, columns in groups[place:]:
            keys = np.flatnonzero(mask & other)[-(returns + 1) :]
            yield _Block(rows, columns, _deviations(table, rows, keys), _deviations(table, columns, keys))


def _groups(table: CloseTable) -> list[tuple[NDArray[np.bool_], NDArray[np.int64]]]:
    """The rows of the symbols that have closes at the same keys, with those keys as a mask."""
    masks, group = np.unique(~np.isnan(table.closes), axis=0, return_inverse=True)
    return [(mask, np.flatnonzero(group.reshape(-1) == number)) for number, mask in enumerate(masks)]


def _deviations(table: CloseTable, rows: NDArray[np.int64], keys: NDArray[np.int64]) -> Numbers:
    """Log returns between the keys, less their mean; zero where all of them are equal."""
    return deviations(np.diff(np.log(table.closes[np.ix_(rows, keys)]), axis=1))


def deviations(returns: Numbers) -> Numbers:
    """Each row of returns less its mean; zero where all of them are equal."""
    if not returns.shape[1]:
        return returns
    is_still = np.ptp(returns, axis=1, keepdims=True) < STILL
    return np.where(is_still, 0.0, returns - returns.mean(axis=1, keepdims=True))


def _correlation(left: Numbers, right: Numbers) -> Numbers:
    """The correlation of each row of the one with each row of the other."""
    lengths = np.sqrt(np.outer((left * left).sum(axis=1), (right * right).sum(axis=1)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(np.where(lengths > 0.0, left @ right.T / lengths, np.nan), -1.0, 1.0)
