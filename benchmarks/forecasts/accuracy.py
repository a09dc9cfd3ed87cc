"""Accuracy of every model on real closes: 16 years of days of six stocks and funds, and minutes of stocks and coins.

No test uses later data. A trained model is tested on rows after all of its training rows; training rows whose targets
are in the test are removed; and the scored model is the one in the form used live. ARIMA forecasts are those that would
have been made live, with searches at the same bars. All models are scored on the same rows.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from ml.datasets.history_files import histories_from_files
from ml.datasets.samples import Samples, TrainingHistory, samples
from ml.datasets.walk_forward import TrainTestSplit, folds
from ml.diagnostics.backtest import arima_forecasts, arima_settings, known_closes, trained_forecasts
from ml.scoring.evaluation import Evaluated, conclusion, evaluated
from ml.scoring.significance import NAIVE
from ml.training.training_run import round_settings
from shared.market.records import Interval
from shared.settings.config import Config
from shared.settings.setting_types import TRAINED_MODELS

ARIMA = "arima"
EQUITY, COINS = "market_lean/lean/Data/equity/usa", "market_lean/lean/Data/crypto/coinbase/minute"
DAYS = tuple(f"{EQUITY}/daily/{symbol}.zip" for symbol in ("aapl", "aig", "bac", "ibm", "qqq", "spy"))
STOCK_MINUTES = tuple(
    f"{EQUITY}/minute/{symbol}/201310{day}_trade.zip"
    for symbol in ("aig", "bac", "ibm", "spy")
    for day in ("04", "07", "08", "09")
)
APPLE_MINUTES = tuple(f"{EQUITY}/minute/aapl/201406{day}_trade.zip" for day in ("05", "06", "09"))
COIN_MINUTES = tuple(f"{COINS}/{coin}/20180405_trade.zip" for coin in ("btcusd", "ethusd"))
FIRST_YEAR, QUICK_FIRST_YEAR = 2005, 2019
EVERY, QUICK_DAYS = 1_000_000, 1_000
BLOCKS = 4

Folds = Callable[[Samples], Iterator[TrainTestSplit]]

HEADER = ("", "forecasts", "MASE", "RMSE", "skill", "95 % from", "to", "hits", "verdict")
FOOT = """\
MASE     mean absolute error divided by that of no change on the same closes; 1 is equal, lower is better.
RMSE     of the log return over the horizon.
skill    fraction of the squared error of no change that a model removes, with its 95 % interval, which counts days and
not forecasts; no interval below 20 days.
hits     right directions among the forecasts that gave one and were followed by a move.
"""


class SearchTrial(NamedTuple):
    """Bars on which all models are tested; `files` are in the data folder, the `newest` bars of a symbol are used."""

    title: str
    interval: Interval
    files: tuple[str, ...]
    folds: Folds
    newest: int = EVERY


def years_from(first_year: int) -> Folds:
    """One test block for each calendar year (UTC) from this one on; the model is trained on the rows before it."""

    def yearly(rows: Samples) -> Iterator[TrainTestSplit]:
        first, last = (datetime.fromtimestamp(int(rows.made_at[at]), UTC).year for at in (0, -1))
        begins = [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in range(first, last + 2)]
        edges = np.searchsorted(rows.made_at, begins)[max(first_year - first, 1) :]
        for start, end in pairwise(edges.tolist()):
            if end > start:
                yield TrainTestSplit(
                    np.flatnonzero(rows.due_at <= rows.made_at[start]), np.arange(start, end)
                )

    return yearly


def in_blocks(rows: Samples) -> Iterator[TrainTestSplit]:
    """The second half in test blocks, each with all earlier rows for training."""
    return folds(rows.made_at, rows.due_at, BLOCKS)


def trials(quick: bool) -> list[SearchTrial]:
    """All trials; if `quick`, the last years of two symbols and the minutes of the coins."""
    if quick:
        return [
            SearchTrial(
                f"Days of two symbols from {QUICK_FIRST_YEAR} on",
                "1d",
                (DAYS[0], DAYS[-1]),
                years_from(QUICK_FIRST_YEAR),
                QUICK_DAYS,
            ),
            SearchTrial("Minutes of two coins, one day", "1m", COIN_MINUTES, in_blocks),
        ]
    return [
        SearchTrial(f"Days of six stocks and funds from {FIRST_YEAR} on", "1d", DAYS, years_from(FIRST_YEAR)),
        SearchTrial("Minutes of four stocks and funds, four days of 2013", "1m", STOCK_MINUTES, in_blocks),
        SearchTrial("Minutes of AAPL, three days of 2014 with a split", "1m", APPLE_MINUTES, in_blocks),
        SearchTrial("Minutes of two coins, one day of 2018", "1m", COIN_MINUTES, in_blocks),
    ]


def scored(trial: SearchTrial, histories: list[TrainingHistory], config: Config) -> list[Evaluated]:
    """Evaluate every model on the test rows of the trial."""
    training = round_settings(config.models, trial.interval).training
    rows = samples(histories, training.features, training.horizon)
    tests = list(trial.folds(rows))
    order_settings = arima_settings(config.models, trial.interval)
    followed = with_progress(histories, "arima, symbol by symbol", len(histories))
    log_returns = {
        NAIVE: np.zeros(len(rows.target)),
        ARIMA: arima_forecasts(rows, followed, trial.interval, order_settings),
    }
    for model in TRAINED_MODELS:
        blocks = with_progress(tests, f"{model}, block by block", len(tests))
        log_returns[model] = trained_forecasts(model, rows, blocks, training)
    chosen = np.concatenate([fold.test for fold in tests])
    came = known_closes(rows.select(chosen), training.horizon)
    found = (evaluated(model, forecasts[chosen], came) for model, forecasts in log_returns.items())
    return [each for each in found if each is not None]


def newest_of(history: TrainingHistory, count: int) -> TrainingHistory:
    """The history with its last `count` bars."""
    return history._replace(made_at=history.made_at[-count:], observations=history.observations[-count:])


def cells(each: Evaluated) -> tuple[str, ...]:
    """The cells of a model's table row."""
    summary = each.summary
    return (
        each.model,
        f"{summary.scores:,}",
        _number(summary.scaled, ".4f"),
        f"{summary.root_mean_square:.6f}",
        *(_number(share, ".2%") for share in (summary.skill, each.low, each.high)),
        "" if summary.hit_rate is None else f"{summary.hit_rate:.2%} of {summary.moves:,}",
        each.verdict,
    )


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def accuracy(config: Config, data: Path, quick: bool) -> str:
    """Run all trials; returns one table for each, or a sentence if its data are missing."""
    return "\n\n".join([*(_trial_text(trial, data, config) for trial in trials(quick)), FOOT])


def _trial_text(trial: SearchTrial, data: Path, config: Config) -> str:
    paths = [data / file for file in trial.files]
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        return f"{trial.title}: skipped, missing below {data}: {', '.join(sorted(set(missing)))}."
    histories = [newest_of(history, trial.newest) for history in histories_from_files(paths)]
    found = scored(trial, histories, config)
    return f"{table(trial.title, HEADER, [cells(each) for each in found])}\n{conclusion(found)}"
