"""Intervals of the next day's close by the usual methods, on the days and closes of `benchmarks.forecasts.coverage`.

    python -m benchmarks.forecasts --only opponents            takes some minutes: two models are refitted each month
    python -m benchmarks.forecasts --only opponents --quick    takes some seconds: without these two

constant    the standard deviation of all returns so far
rolling     that of the newest 250 returns
EWMA        exponentially weighted squares with the weight 0.94 (RiskMetrics Technical Document, 1996)
GARCH-t     GARCH(1,1) with Student's t (Bollerslev, 1987), refitted by the package `arch` at the end of each month to
            all returns so far
GJR-t       likewise, with the asymmetry of Glosten, Jagannathan and Runkle (1993)

Each forecasts "no change" and uses only returns up to its close. The last three columns compare ours with the opponent:
by how much its interval score is lower, and the 95 % interval of this number, in which the symbols of a day count once.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.coverage import DAILY, FIRST_YEAR, LEVELS, SYMBOLS, ScoredDay, replayed
from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from shared.recordings.sequence import recorded

Floats = NDArray[np.float64]

LEVEL = LEVELS[-1]
NORMAL = NormalDist().inv_cdf((1.0 + LEVEL) / 2.0)
PENALTY = 2.0 / (1.0 - LEVEL)
WINDOW, WEIGHT, FIRST_FIT = 250, 0.94, 250
PERCENT = 100.0
"""The returns are fitted in percent: the optimiser of `arch` expects numbers near 1."""
CHOSEN_ON = ("AAPL", "BAC", "QQQ")
"""Symbols on whose days the coefficients of `ml.uncertainty.volatility` were chosen."""


class Returns(NamedTuple):
    """The log returns of one symbol, and the day of each as days since 1970."""

    days: NDArray[np.int64]
    values: Floats


Opponent = Callable[[Returns], Floats]
"""Half the width of the interval of the next return, known at each return; NaN where there is none."""


def constant(returns: Returns) -> Floats:
    counts = np.arange(1, len(returns.values) + 1)
    means = np.cumsum(returns.values) / counts
    squares = np.cumsum(returns.values**2) - counts * means**2
    deviations: Floats = np.sqrt(np.maximum(squares, 0.0) / np.maximum(counts - 1, 1))
    return NORMAL * deviations


def rolling(returns: Returns) -> Floats:
    values = returns.values
    deviations = [np.std(values[max(0, end - WINDOW) : end], ddof=1) for end in range(2, len(values) + 1)]
    return NORMAL * np.array([np.nan, *deviations])


def ewma(returns: Returns) -> Floats:
    variance = float(np.mean(returns.values[:20] ** 2))
    variances = []
    for value in returns.values.tolist():
        variance = WEIGHT * variance + (1.0 - WEIGHT) * value * value
        variances.append(variance)
    return NORMAL * np.sqrt(variances)


class StudentGarch(NamedTuple):
    """A fitted model of returns in percent; `reach` is half the width of its interval in deviations."""

    omega: float
    alpha: float
    gamma: float
    beta: float
    reach: float

    def variance_after(self, variance: float, value: float) -> float:
        """The variance of the next return."""
        impact = self.alpha + self.gamma if value < 0.0 else self.alpha
        return self.omega + impact * value * value + self.beta * variance


def refitted(asymmetric: int, period: str = "M") -> Opponent:
    """GARCH-t (0) or GJR-t (1), fitted at the end of each period, a unit of numpy's datetime64."""

    def reaches(returns: Returns) -> Floats:
        values, found = returns.values * PERCENT, np.full(len(returns.values), np.nan)
        for start, end in refits(returns.days, period):
            model, variance = fitted(values[: start + 1], asymmetric)
            for place in range(start, end):
                variance = model.variance_after(variance, float(values[place]))
                found[place] = model.reach * sqrt(variance) / PERCENT
        return found

    return reaches


def refits(days: NDArray[np.int64], period: str) -> Iterator[tuple[int, int]]:
    """For each fit that a forecast from FIRST_YEAR on uses: the place of its last return, and that of the next fit."""
    periods = days.astype("datetime64[D]").astype(f"datetime64[{period}]")
    ends = np.flatnonzero(periods[1:] != periods[:-1])
    starts = [FIRST_FIT - 1, *ends[ends >= FIRST_FIT].tolist(), len(days)]
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(int) + 1970
    for start, end in pairwise(starts):
        if end == len(days) or years[end] >= FIRST_YEAR:
            yield start, end


def fitted(values: Floats, asymmetric: int) -> tuple[StudentGarch, float]:
    """The model of these returns, and its variance of the last one."""
    # Imported here, because only this comparison needs it.
    from arch import arch_model

    result = arch_model(values, mean="Zero", p=1, o=asymmetric, q=1, dist="t", rescale=False).fit(
        disp="off", show_warning=False
    )
    omega, alpha, *gamma, beta, freedom = (float(each) for each in result.params)
    reach = float(result.model.distribution.ppf([(1.0 + LEVEL) / 2.0], [freedom])[0])
    model = StudentGarch(omega, alpha, gamma[0] if gamma else 0.0, beta, reach)
    return model, float(result.conditional_volatility[-1]) ** 2


SIMPLE: dict[str, Opponent] = {"constant": constant, "rolling": rolling, "EWMA": ewma}
REFITTED: dict[str, Opponent] = {"GARCH-t": refitted(0), "GJR-t": refitted(1)}


class Rows(NamedTuple):
    """The forecasts of the next day's close: symbol, day, size of the return, score and result of our interval."""

    symbols: NDArray[np.str_]
    days: NDArray[np.int64]
    sizes: Floats
    scores: Floats
    inside: NDArray[np.bool_]

    def of(self, picked: NDArray[np.bool_]) -> "Rows":
        return Rows(
            self.symbols[picked],
            self.days[picked],
            self.sizes[picked],
            self.scores[picked],
            self.inside[picked],
        )


def rows_of(found: list[ScoredDay]) -> Rows:
    """The forecasts one day ahead."""
    return Rows(
        np.array([each.symbol for each in found]),
        np.array([each.day for each in found]),
        np.array([each.own.size for each in found]),
        np.array([each.own.winkler[-1] for each in found]),
        np.array([each.own.covered[-1] for each in found]),
    )


def returns_of(found: list[ScoredDay], symbol: str) -> Returns:
    """All returns of a symbol from its first forecast on."""
    own = [each for each in found if each.symbol == symbol]
    return Returns(np.array([each.day for each in own]), np.array([each.own.error for each in own]))


def reaches_of(opponent: Opponent, returns: dict[str, Returns], rows: Rows) -> Floats:
    """Half the width of the opponent's interval of each row."""
    found = np.empty(len(rows.days))
    for symbol, series in returns.items():
        picked = rows.symbols == symbol
        places = np.searchsorted(series.days, rows.days[picked])
        found[picked] = opponent(series)[places - 1]
    return found


def lower_by(ours: Floats, theirs: Floats, days: NDArray[np.int64]) -> tuple[float, float, float]:
    """By which share of their mean our mean score is lower, with its 95 % interval clustered by day."""
    differences = theirs - ours
    mean = float(differences.mean())
    _, places = np.unique(days, return_inverse=True)
    sums = np.bincount(places, differences - mean)
    half = NORMAL * float(np.sqrt((sums**2).sum())) / len(ours)
    base = float(theirs.mean())
    return mean / base, (mean - half) / base, (mean + half) / base


def compared(title: str, rows: Rows, reaches: dict[str, Floats]) -> str:
    """A table of all methods on these rows."""
    header = (title, "forecasts", "score", "inside", "ours lower by", "from", "to")
    lines: list[tuple[str, ...]] = [
        ("ours", f"{len(rows.days):,}", f"{rows.scores.mean():.3%}", f"{rows.inside.mean():.1%}", "", "", "")
    ]
    for name, reach in reaches.items():
        scores = 2.0 * reach + PENALTY * np.maximum(rows.sizes - reach, 0.0)
        shares = [f"{share:.1%}" for share in lower_by(rows.scores, scores, rows.days)]
        inside = f"{np.mean(rows.sizes <= reach):.1%}"
        lines.append((name, f"{len(reach):,}", f"{scores.mean():.3%}", inside, *shares))
    return table("", header, lines).lstrip()


def opponents(data: Path, quick: bool) -> str:
    """Compare all methods on the histories in this folder; returns the tables, or a sentence if files are missing."""
    files = [data / DAILY / f"{symbol}.zip" for symbol in SYMBOLS]
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        return f"Skipped: daily histories are missing: {', '.join(missing)}."
    found = [each for each in replayed(recorded(files), 0) if each.horizon == 1]
    returns = {symbol: returns_of(found, symbol) for symbol in sorted({each.symbol for each in found})}
    rows = rows_of([each for each in found if each.year >= FIRST_YEAR])
    methods = SIMPLE if quick else {**SIMPLE, **REFITTED}
    progress = with_progress(methods.items(), "opponents", len(methods))
    reaches = {name: reaches_of(opponent, returns, rows) for name, opponent in progress}
    judged = ~np.isin(rows.symbols, CHOSEN_ON)
    groups = {"all symbols": np.ones(len(judged), dtype=bool), "symbols to judge on": judged}
    groups |= {symbol: rows.symbols == symbol for symbol in returns}
    return "\n\n".join(
        compared(title, rows.of(picked), {name: reach[picked] for name, reach in reaches.items()})
        for title, picked in groups.items()
    )
