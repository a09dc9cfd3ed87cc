"""Evaluates each model out of sample against the naive forecast of no change.

    python -m ml.evaluate bars.csv                              your own bars, or bars made with analytics.replay
    python -m ml.evaluate daily/*.zip --since 2005-01-01        LEAN zips, adjusted for splits
    python -m ml.evaluate --from-database --interval 5m         the pipeline's own bars
    python -m ml.evaluate bars.csv --models linear_regression,arima --folds 10

Rows are divided into test blocks in order of time. For each block, every model is trained on the rows before it and
forecasts the close PREDICTION_HORIZON bars ahead; rows are never shuffled. Columns of the table:

    MASE       mean absolute error divided by that of "no change": below 1 is better
    RMSE       root mean squared error of log returns
    skill      relative reduction of the squared error of "no change", with its 95 % interval, clustered by day because
               all symbols rise and fall together

arima is evaluated only on request, because its searches take time. Its models are searched, take effect and are set
aside at the same bars as in a live analysis that has seen only these bars. Settings: .env; the same bars, settings and
RANDOM_STATE give the same numbers.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import msgspec
import numpy as np
from rich.progress import Progress

from ml.commands import parser_of, run_command
from ml.datasets.inputs import Inputs, inputs
from ml.datasets.samples import Samples, samples
from ml.datasets.walk_forward import TrainTestSplit, folds
from ml.diagnostics.backtest import arima_forecasts, arima_settings, known_closes, trained_forecasts
from ml.diagnostics.report import day, evaluated_record, evaluation_table, progress_bars, show
from ml.scoring.evaluation import Evaluated, Numbers, conclusion, evaluated
from ml.scoring.significance import NAIVE
from ml.training.training_run import RoundSettings, require_rows, round_settings
from shared.errors import ConfigError
from shared.settings.config import Config
from shared.settings.setting_types import TrainedModel

ARIMA = "arima"
CHOICES = (NAIVE, *get_args(TrainedModel), ARIMA)


def main() -> int:
    """Run the command. Returns its exit status."""
    return run_command("evaluate", parser(), run)


def parser() -> argparse.ArgumentParser:
    """The arguments of the command line."""
    parser = parser_of(__doc__, "evaluate")
    parser.add_argument(
        "--models",
        default="all",
        help="all (those of TRAINED_MODELS), or some of " + ", ".join(CHOICES) + " [all]",
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="number of test blocks, over the newer half of the rows [5]"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Evaluate and print. Raises ConfigError."""
    models = chosen(arguments.models, config.models.trained_models)
    if arguments.folds < 1:
        raise ConfigError(f"--folds {arguments.folds}: must be 1 or more.")
    given = inputs(config, arguments)
    settings = round_settings(config.models, given.interval)
    rows = samples(given.histories, settings.training.features, settings.training.horizon)
    tests = list(folds(rows.made_at, rows.due_at, arguments.folds))
    require_rows(len(tests[0].train) if tests else 0, settings.min_rows)
    evaluation = Evaluation(config, given, rows, tests, settings)
    found = evaluation.of(models)
    if arguments.json:
        print(as_json(found, rows, settings))
    else:
        show(heading(rows, tests, settings), evaluation_table(found), conclusion(found))
    return 0


def chosen(names: str, trained: Sequence[str]) -> list[str]:
    """The selected models, "no change" first, because the others are compared with it. Raises ConfigError."""
    if names == "all":
        return [NAIVE, *trained]
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in CHOICES]:
        raise ConfigError(f"--models {', '.join(unknown)}: must be all, or some of {', '.join(CHOICES)}.")
    return list(dict.fromkeys((NAIVE, *wanted)))


@dataclass(frozen=True)
class Evaluation:
    """The data and settings that every model is evaluated with."""

    config: Config
    given: Inputs
    rows: Samples
    tests: list[TrainTestSplit]
    settings: RoundSettings

    def of(self, models: Sequence[str]) -> list[Evaluated]:
        """The scores of each model's forecasts, from the first test block on; a model without forecasts is left out."""
        tested = np.arange(self.tests[0].test[0], len(self.rows.target))
        truth = known_closes(self.rows.select(tested), self.settings.training.horizon)
        found = []
        with progress_bars() as progress:
            for model in models:
                forecasts = self._forecasts(model, progress)[tested]
                if (each := evaluated(model, forecasts, truth)) is not None:
                    found.append(each)
        return found

    def _forecasts(self, model: str, progress: Progress) -> Numbers:
        if model == NAIVE:
            return np.zeros(len(self.rows.target))
        if model == ARIMA:
            histories = progress.track(self.given.histories, description="arima, symbol by symbol")
            settings = arima_settings(self.config.models, self.given.interval)
            return arima_forecasts(self.rows, histories, self.given.interval, settings)
        tests = progress.track(self.tests, description=f"{model}, block by block")
        return trained_forecasts(cast(TrainedModel, model), self.rows, tests, self.settings.training)


def heading(rows: Samples, tests: Sequence[TrainTestSplit], settings: RoundSettings) -> str:
    """The tested data, as a sentence."""
    first, last = rows.made_at[tests[0].test[0]], rows.made_at[-1]
    return (
        f"{len(np.unique(rows.symbol))} symbols, bars of {settings.interval}, horizon {settings.training.horizon}: "
        f"tested on {day(first)} to {day(last)} in {len(tests)} blocks, "
        "each with models trained on all rows before it."
    )


def as_json(found: Sequence[Evaluated], rows: Samples, settings: RoundSettings) -> str:
    """All results, on one line."""
    report = {
        "interval": settings.interval,
        "horizon": settings.training.horizon,
        "symbols": np.unique(rows.symbol).tolist(),
        "rows": len(rows.target),
        "models": [evaluated_record(each) for each in found],
        "lesson": conclusion(found),
    }
    return msgspec.json.encode(report).decode()


if __name__ == "__main__":
    sys.exit(main())
