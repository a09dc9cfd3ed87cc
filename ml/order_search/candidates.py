"""Candidate orders of a stationary series, ranked in closed form.

Hannan and Rissanen, Recursive estimation of mixed autoregressive-moving average order, Biometrika 69 (1982): a long
autoregression estimates the shocks, and each candidate is then a linear regression on past values and past shocks. All
regressions use parts of one matrix of sums, so that ranking every order costs less than one fit by likelihood.
"""

from math import inf, log
from typing import NamedTuple

import numpy as np

VALUES_PER_LAG = 4
"""The long autoregression has one coefficient for at least so many values."""

VALUES_PER_ORDER = 8
"""A series has at least so many values for each lag of a candidate."""

MARGIN = 6.0
"""A candidate whose criterion is worse than the best one's by more than this is not worth a fit: Kass and Raftery,
Bayes factors, JASA 90 (1995), call such a difference strong evidence."""


class Candidate(NamedTuple):
    """An order and its criterion by regression, 0 if it was not ranked: smaller is better."""

    criterion: float
    p: int
    q: int
    has_constant: bool


NOISE = (Candidate(0.0, 0, 0, has_constant=False), Candidate(0.0, 0, 0, has_constant=True))
"""White noise, whose fit costs nothing: always worth it."""


def candidates(values: np.ndarray, max_p: int, max_q: int) -> list[Candidate]:
    """The best autoregression, moving average and mixed order that are worth a fit; the best one first.

    Regressions rank orders of one family well, and less well across families: hence one of each.
    """
    best: dict[tuple[bool, bool], Candidate] = {}
    for each in ranked(values, max_p, max_q):
        best.setdefault((each.p > 0, each.q > 0), each)
    found = sorted(best.values())
    if not found:
        return []
    return [each for each in found if each.criterion <= found[0].criterion + MARGIN and each.p + each.q > 0]


def ranked(values: np.ndarray, max_p: int, max_q: int) -> list[Candidate]:
    """All orders up to p and q, with and without a constant, the best one first; none if the values are too few."""
    max_p, max_q = (min(each, len(values) // VALUES_PER_ORDER) for each in (max_p, max_q))
    lags = min(int(10 * np.log10(len(values))), len(values) // VALUES_PER_LAG)
    first = lags + max(max_p, max_q)
    rows = len(values) - first
    if rows < 2 * (max_p + max_q + 2):
        return []
    shocks = np.concatenate((np.zeros(lags), _shocks(values, lags)))
    regressors = [np.ones(rows), *_lagged(values, first, max_p), *_lagged(shocks, first, max_q)]
    table = np.stack([*regressors, values[first:]])
    sums = table @ table.T
    return sorted(
        Candidate(
            _criterion(sums, rows, _chosen(p, q, max_p, has_constant)) + penalty(p, q), p, q, has_constant
        )
        for p in range(max_p + 1)
        for q in range(max_q + 1)
        for has_constant in (False, True)
    )


def penalty(p: int, q: int) -> float:
    """What the extended Bayesian information criterion adds: more orders have as many lags, and the best of many fits
    better by chance. Chen and Chen, Extended Bayesian information criteria for model selection with large model spaces,
    Biometrika 95 (2008), with gamma = 1.
    """
    return 2.0 * log(p + q + 1)


def _lagged(values: np.ndarray, first: int, lags: int) -> list[np.ndarray]:
    """For each lag the values before those from `first` on."""
    return [values[first - lag : len(values) - lag] for lag in range(1, lags + 1)]


def _shocks(values: np.ndarray, lags: int) -> np.ndarray:
    """The residuals of an autoregression with a constant, from the value after the first `lags` ones on."""
    regressors = np.stack([np.ones(len(values) - lags), *_lagged(values, lags, lags)])
    target = values[lags:]
    coefficients = np.linalg.lstsq(regressors @ regressors.T, regressors @ target, rcond=None)[0]
    return np.asarray(target - coefficients @ regressors)


def _chosen(p: int, q: int, max_p: int, has_constant: bool) -> list[int]:
    """The rows of the matrix of sums that an order uses."""
    return [0] * has_constant + [*range(1, p + 1)] + [*range(max_p + 1, max_p + 1 + q)]


def _criterion(sums: np.ndarray, rows: int, chosen: list[int]) -> float:
    """The Bayesian information criterion of a regression of the last row of the matrix on the chosen ones."""
    squares = float(sums[-1, -1])
    if chosen:
        target = sums[chosen, -1]
        coefficients = np.linalg.lstsq(sums[np.ix_(chosen, chosen)], target, rcond=None)[0]
        squares -= float(coefficients @ target)
    return rows * log(squares / rows) + (len(chosen) + 1) * log(rows) if squares > 0 else inf
