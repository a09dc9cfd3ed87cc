"""Train the linear regression, evaluate it out of sample, and write it to LR_MODEL_PATH.

    python -m ml.train_linear_regression bars.csv
    python -m ml.train_linear_regression daily/*.zip --since 2005-01-01
    python -m ml.train_linear_regression --from-database --interval 1h

The scores are those of `python -m ml.evaluate`: for each of five test blocks, a model trained on the rows before it.
The model that is written is then trained on all rows. `python -m ml.batch_predict_linear_regression` forecasts with it;
in a notebook, joblib.load(path) returns scikit-learn's own pipeline. Models for live forecasts are separate: train them
with `python -m ml.train`.
"""

import argparse
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import numpy as np

from ml.commands import parser_of, run_command
from ml.datasets.inputs import inputs
from ml.datasets.samples import Samples, samples
from ml.datasets.walk_forward import folds
from ml.diagnostics.backtest import known_closes, trained_forecasts
from ml.diagnostics.report import day, evaluation_table, progress_bars, show
from ml.learners.training import train
from ml.registry.model_file import read, write
from ml.registry.model_folder import key_in
from ml.scoring.evaluation import Evaluated, conclusion, evaluated
from ml.scoring.significance import NAIVE
from ml.training.training_run import RoundSettings, expected_of, manifest_of, require_rows, round_settings
from shared.errors import ConfigError, ModelRefused
from shared.settings.config import Config
from shared.settings.setting_types import TrainedModel

MODEL: TrainedModel = "linear_regression"
BLOCKS = 5


def main() -> int:
    """Run the command. Returns its exit status."""
    return run_command("train_linear_regression", parser_of(__doc__, "train_linear_regression"), run)


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Evaluate, train, write and print. Raises ConfigError, ModelRefused and OSError."""
    require_writable(config.models.lr_model_path)
    given = inputs(config, arguments)
    settings = round_settings(config.models, given.interval)
    rows = samples(given.histories, settings.training.features, settings.training.horizon)
    found = walk_forward_scores(rows, settings)
    version = write_model(config, rows, settings, found)
    trained_on = f"{len(rows.target):,} rows from {day(int(rows.made_at[0]))} to {day(int(rows.made_at[-1]))}"
    show(evaluation_table(found), conclusion(found))
    show(f"Wrote version {version}, trained on {trained_on}, to {config.models.lr_model_path}.")
    return 0


def require_writable(path: Path) -> None:
    """Raises ConfigError, before the training starts, if LR_MODEL_PATH can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            reason = "it is a folder" if path.is_dir() else ""
    except OSError as error:
        reason = error.strerror or "it can't be written"
    if reason:
        raise ConfigError(f"LR_MODEL_PATH={path}: {reason}. Name a file in a folder that you can write to.")


def walk_forward_scores(rows: Samples, settings: RoundSettings) -> list[Evaluated]:
    """The scores of no change and of the regression on the test blocks. Raises ConfigError if rows are too few."""
    tests = list(folds(rows.made_at, rows.due_at, BLOCKS))
    require_rows(len(tests[0].train) if tests else 0, settings.min_rows)
    tested = np.arange(tests[0].test[0], len(rows.target))
    with progress_bars() as progress:
        blocks = progress.track(tests, description="block by block")
        forecasts = trained_forecasts(MODEL, rows, blocks, settings.training)[tested]
    truth = known_closes(rows.select(tested), settings.training.horizon)
    scored = (evaluated(NAIVE, np.zeros(len(tested)), truth), evaluated(MODEL, forecasts, truth))
    return [each for each in scored if each is not None]


def write_model(config: Config, rows: Samples, settings: RoundSettings, found: list[Evaluated]) -> int:
    """Train on all rows and write the file. Returns its version, one more than that of the file it replaces."""
    path, key = config.models.lr_model_path, key_in(config)
    trained = train(MODEL, rows, settings.training)
    try:
        before = read(path, key, expected_of(MODEL, settings)).manifest.version
    except ModelRefused:
        before = 0
    scores = {each.model: each.summary.root_mean_square for each in found}
    manifest = manifest_of(MODEL, rows, trained, settings, int(time.time()))
    manifest = replace(manifest, version=before + 1, parent=before or None, scores=scores)
    write(path, manifest, trained.predictor, trained.estimator, key)
    return before + 1


if __name__ == "__main__":
    sys.exit(main())
