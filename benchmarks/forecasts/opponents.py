"""Intervals of the next day's close by the usual methods, on the days and closes of `benchmarks.forecasts.coverage`.

    python -m benchmarks.forecasts --only opponents            takes some minutes: GARCH is fitted each month
    python -m benchmarks.forecasts --only opponents --quick    takes some seconds: without GARCH-t and GJR-t

`benchmarks.forecasts.methods` describes them. The last three columns compare ours with the opponent: by how much its
interval score is lower, and the 95 % interval of this number, in which the symbols of a day count once.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.coverage import DAILY, FIRST_YEAR, SYMBOLS, ScoredDay, replayed
from benchmarks.forecasts.methods import NORMAL, PENALTY, Floats, Opponent, Returns, all_methods
from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from shared.recordings.sequence import recorded

CHOSEN_ON = ("AAPL", "BAC", "QQQ")
"""Symbols on whose days the coefficients of `ml.uncertainty.volatility` were chosen."""


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
    columns = zip(*((each.day, each.own.error, each.deviation) for each in own), strict=True)
    return Returns(*map(np.array, columns))


def reaches_of(opponent: Opponent, returns: dict[str, Returns], rows: Rows) -> Floats:
    """Half the width of the opponent's interval of each row."""
    found = np.empty(len(rows.days))
    for symbol, series in returns.items():
        picked = rows.symbols == symbol
        places = np.searchsorted(series.days, rows.days[picked])
        found[picked] = opponent(series)[places - 1]
    return found


def lower_by(ours: Floats, theirs: Floats, days: NDArray[np.int64]) -> tuple[float, float, float]:
    """By which fraction of their mean our mean score is lower, with its 95 % interval clustered by day."""
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
    methods = all_methods(quick)
    progress = with_progress(methods.items(), "opponents", len(methods))
    reaches = {name: reaches_of(opponent, returns, rows) for name, opponent in progress}
    evaluated = ~np.isin(rows.symbols, CHOSEN_ON)
    groups = {"all symbols": np.ones(len(evaluated), dtype=bool), "symbols to evaluate on": evaluated}
    groups |= {symbol: rows.symbols == symbol for symbol in returns}
    return "\n\n".join(
        compared(title, rows.of(picked), {name: reach[picked] for name, reach in reaches.items()})
        for title, picked in groups.items()
    )
