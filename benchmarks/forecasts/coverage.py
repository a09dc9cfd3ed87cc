"""Coverage of forecast intervals on 16 years of daily closes of six real stocks and funds.

    python -m benchmarks.forecasts.coverage                     takes some seconds
    python -m benchmarks.forecasts.coverage --data FOLDER       folder that contains market_lean/lean/Data/equity/usa

On each day "no change" is forecast one and five days ahead, with the interval of `ml.uncertainty.volatility` and
`ml.uncertainty.conformal`, which learn from 1998 on. The forecast is scored when its day has closed and compared with
the usual interval: the normal quantile times the sample standard deviation of all returns so far. Prices are as traded,
with their splits; dividends are part of the returns, as on the page. A forecast uses only data known at its close. The
score is the interval score; lower is better. `benchmarks.forecasts.opponents` compares it with other methods.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from math import log, sqrt
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.forecasting.day_parts import day_factors
from analytics.forecasting.series_volatility import SeriesVolatility
from benchmarks.staging.tables import table
from ml.scoring.scores import Score, penalties_of, score
from ml.uncertainty.conformal import Forecast, PendingForecasts, Pool
from shared.calendars.calendars import calendar_of
from shared.market.records import EPOCH, CorporateAction, Record, RecordedBar
from shared.recordings.sequence import recorded

DATA = Path(os.environ.get("TICKSTREAM_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
DAILY = "market_lean/lean/Data/equity/usa/daily"
SYMBOLS = ("aapl", "aig", "bac", "ibm", "qqq", "spy")
EXCHANGE = "XNYS"
HORIZONS = (1, 5)
LEVELS = (0.5, 0.8, 0.95)
PENALTIES = penalties_of(LEVELS)
NORMAL = (NormalDist().inv_cdf(0.975),)
FIRST_YEAR = 2005
HALF, AFTER, OTHER = "half days", "days after them", "other days"


class ScoredDay(NamedTuple):
    """One forecast: `sigma` as expected when it was made, `own` and `constant` the scores of both intervals. `day` is
    that of the close, in days since 1970, `length` its kind by the calendar, and `deviation` that by its range."""

    symbol: str
    day: int
    year: int
    length: str
    deviation: float
    horizon: int
    sigma: float
    own: Score
    constant: Score


def deviation_by_range(before: float, open_: float, high: float, low: float) -> float:
    """The deviation of a bar after a close of `before`: Parkinson's variance (1980) plus the squared gap, its root."""
    return sqrt(log(high / low) ** 2 / (4.0 * log(2.0)) + log(open_ / before) ** 2)


class DailyHistory:
    """The forecasts of one symbol, updated at each close."""

    def __init__(self, symbol: str, pool: Pool) -> None:
        self.symbol = symbol
        self._pool = pool
        self._volatility = SeriesVolatility("1d", max(HORIZONS), calendar_of(EXCHANGE))
        self._own, self._constant = PendingForecasts(), PendingForecasts()
        self._close: float | None = None
        self._length, self._deviation = OTHER, 0.0
        self._returns, self._mean, self._squares = 0, 0.0, 0.0

    def split(self, ratio: float) -> None:
        """Adjust for a split: one share became `ratio` shares."""
        if self._close is not None:
            self._close /= ratio
        self._volatility.split(ratio)
        self._own.split(ratio)
        self._constant.split(ratio)

    def bar(self, bar: RecordedBar) -> Iterator[ScoredDay]:
        """Yield the scored forecasts of this close, then make new ones."""
        if self._close is not None:
            self._learn(self._close, bar)
        self._close = bar.close
        for own, constant in zip(self._own.advance(), self._constant.advance(), strict=True):
            self._pool.learn(int(bar.start.timestamp()), own.horizon, own.score(bar.close))
            scores = score(own, bar.close, PENALTIES), score(constant, bar.close, PENALTIES[-1:])
            date = bar.start.date()
            day = (date - EPOCH.date()).days, date.year, self._length, self._deviation
            yield ScoredDay(self.symbol, *day, own.horizon, own.sigma, *scores)
        sigmas = self._volatility.sigmas()
        if sigmas:
            self._own.issue([self._forecast(bar.close, horizon, sigmas) for horizon in HORIZONS])
            self._constant.issue([self._usual(bar.close, horizon) for horizon in HORIZONS])

    def _learn(self, before: float, bar: RecordedBar) -> None:
        end = calendar_of(EXCHANGE).at(int(bar.start.timestamp())).day_end
        self._length = _length(end, self._length)
        self._deviation = deviation_by_range(before, bar.open, bar.high, bar.low)
        self._volatility.update(before, end, bar.open, bar.high, bar.low, bar.close, bar.volume or 0.0)
        log_return = log(bar.close / before)
        deviation = log_return - self._mean
        self._returns += 1
        self._mean += deviation / self._returns
        self._squares += deviation * (log_return - self._mean)

    def _forecast(self, close: float, horizon: int, sigmas: list[float]) -> Forecast:
        return Forecast(horizon, close, close, sigmas[horizon - 1], self._pool.widths(horizon))

    def _usual(self, close: float, horizon: int) -> Forecast:
        sigma = sqrt(horizon * self._squares / (self._returns - 1))
        return Forecast(horizon, close, close, sigma, NORMAL)


def _length(end: int, before: str) -> str:
    """The kind of the day that ended at `end`, after one of the kind `before`."""
    if day_factors(end, calendar_of(EXCHANGE), 0)[0] < 1.0:
        return HALF
    return AFTER if before == HALF else OTHER


def replayed(records: Iterable[Record], first_year: int = FIRST_YEAR) -> Iterator[ScoredDay]:
    """Yield every scored forecast from `first_year` on; all symbols learn from one pool."""
    pool = Pool(max(HORIZONS), LEVELS)
    histories: dict[str, DailyHistory] = {}
    for record in records:
        if isinstance(record, RecordedBar):
            history = histories.setdefault(record.symbol, DailyHistory(record.symbol, pool))
            yield from (each for each in history.bar(record) if each.year >= first_year)
        elif isinstance(record, CorporateAction) and record.action == "split" and record.symbol in histories:
            histories[record.symbol].split(record.value)


class Table:
    """The forecasts of one horizon as columns."""

    def __init__(self, found: list[ScoredDay]) -> None:
        self.symbol = np.array([each.symbol for each in found])
        self.year = np.array([each.year for each in found])
        self.length = np.array([each.length for each in found])
        sigma = np.array([each.sigma for each in found])
        self.fifth = np.searchsorted(np.quantile(sigma, (0.2, 0.4, 0.6, 0.8)), sigma) + 1
        self.covered = np.array([each.own.covered for each in found], dtype=float)
        self.winkler = np.array([each.own.winkler[-1] for each in found])
        self.usual = np.array([each.constant.covered[0] for each in found], dtype=float)
        self.usual_winkler = np.array([each.constant.winkler[0] for each in found])

    def cells(self, rows: NDArray[np.bool_]) -> tuple[str, ...]:
        """Coverage of both intervals at 95 %, and the reduction of the interval score, over these rows."""
        own, usual = self.covered[rows, -1].mean(), self.usual[rows].mean()
        return f"{own:.1%}", f"{usual:.1%}", f"{self.lower(rows):.1%}"

    def lower(self, rows: NDArray[np.bool_]) -> float:
        return float(1.0 - self.winkler[rows].mean() / self.usual_winkler[rows].mean())


COLUMNS = ("95 %", "usual", "score lower by")


def grouped(title: str, first: str, tables: list[Table], attribute: str) -> str:
    """A table with one row for each group and three columns for each horizon."""
    header = [first, "forecasts"]
    header += [f"h={horizon} {column}" for horizon in HORIZONS for column in COLUMNS]
    keys = np.unique(getattr(tables[0], attribute))
    rows = []
    for key in keys:
        picked = [getattr(one, attribute) == key for one in tables]
        cells = [cell for one, chosen in zip(tables, picked, strict=True) for cell in one.cells(chosen)]
        rows.append([str(key), f"{picked[0].sum():,}", *cells])
    return table(title, header, rows)


def overall(tables: list[Table]) -> str:
    """A table of all forecasts of each horizon."""
    header = ("horizon", "forecasts", "50 %", "80 %", "95 %", "usual 95 %", "score", "usual", "lower by")
    rows = []
    for horizon, one in zip(HORIZONS, tables, strict=True):
        shares = [f"{share:.2%}" for share in (*one.covered.mean(axis=0), one.usual.mean())]
        scores = [f"{each.mean():.2%}" for each in (one.winkler, one.usual_winkler)]
        everything = np.ones(len(one.year), dtype=bool)
        rows.append([str(horizon), f"{len(one.year):,}", *shares, *scores, f"{one.lower(everything):.1%}"])
    return table("Closes inside the interval, and the mean interval score at 95 %", header, rows)


def targets(horizon: int, one: Table) -> str:
    """The targets and the results, in one line."""

    def lowest(groups: NDArray[np.int_]) -> float:
        return min(float(one.covered[groups == group, -1].mean()) for group in np.unique(groups))

    everything = np.ones(len(one.year), dtype=bool)
    found = (
        ("overall 94 to 96 %", float(one.covered[:, -1].mean()), 0.94, 0.96),
        ("each fifth at least 93 %", lowest(one.fifth), 0.93, 1.0),
        ("each year at least 92 %", lowest(one.year), 0.92, 1.0),
        ("score lower by 10 %", one.lower(everything), 0.10, 1.0),
    )
    words = [
        f"{target}: {value:.1%}{'' if low <= value <= high else ' MISSED'}"
        for target, value, low, high in found
    ]
    return f"h={horizon}  " + " | ".join(words)


def coverage(data: Path) -> str:
    """Replay the histories in this folder; returns five tables and the targets, or a sentence if files are missing."""
    files = [data / DAILY / f"{symbol}.zip" for symbol in SYMBOLS]
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        return f"Skipped: daily histories are missing: {', '.join(missing)}."
    found = list(replayed(recorded(files)))
    tables = [Table([each for each in found if each.horizon == horizon]) for horizon in HORIZONS]
    reached = (targets(horizon, one) for horizon, one in zip(HORIZONS, tables, strict=True))
    return "\n\n".join(
        (
            overall(tables),
            grouped("By sigma when made, in fifths", "fifth", tables, "fifth"),
            grouped("By year", "year", tables, "year"),
            grouped("By length of the day, with its calendar", "length", tables, "length"),
            grouped("By symbol", "symbol", tables, "symbol"),
            "\n".join(("Targets at 95 %:", *reached)),
        )
    )


def main() -> int:
    """Replay the histories and print five tables; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=DATA, help="(default: %(default)s)")
    print(coverage(parser.parse_args().data))
    return 0


if __name__ == "__main__":
    sys.exit(main())
