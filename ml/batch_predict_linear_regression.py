"""Forecast every bar with the linear regression in LR_MODEL_PATH, and write the forecasts as CSV.

    python -m ml.batch_predict_linear_regression bars.csv                            to predictions.csv
    python -m ml.batch_predict_linear_regression daily/*.zip --out daily.csv
    python -m ml.batch_predict_linear_regression --from-database --interval 1h

Train the model first: python -m ml.train_linear_regression. The file has one row per bar, from the 65th bar of a symbol
on:

    symbol, made_at, due_at      end of the bar, and of the bar PREDICTION_HORIZON later; empty if that is still to come
    close                        close of the bar
    predicted_close, predicted_return, lower, upper
                                 the forecast, as a price and as a fraction of the close; the bounds are a 95 % interval
                                 if returns are normally distributed with the symbol's own deviation
    direction                    up or down, if its probability is at least ML_PREDICTION_CONFIDENCE_THRESHOLD; empty
                                 for most bars, because the next move of a price is seldom that predictable
    version                      version of the model

Bars that the model was trained on are forecast too. For its accuracy on unseen bars, see `python -m ml.evaluate`.
"""

import argparse
import csv
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from rich.box import SIMPLE_HEAD
from rich.table import Table

from ml.commands import parser_of, run_command
from ml.datasets.inputs import inputs
from ml.datasets.samples import TrainingHistory
from ml.diagnostics.batch import Prediction, predictions
from ml.diagnostics.report import progress_bars, show
from ml.models.features import RETURNS
from ml.registry.model_file import ModelFile, read
from ml.registry.model_folder import key_in
from ml.training.training_run import RoundSettings, expected_of, round_settings
from shared.errors import ConfigError, ModelRefused
from shared.settings.config import Config

COLUMNS = (*Prediction._fields, "version")


class BatchSummary(NamedTuple):
    """The rows written for one symbol: its newest forecast, the number of forecasts, and how many have a direction."""

    newest: Prediction
    rows: int
    named: int


def main() -> int:
    """Run the command. Returns its exit status."""
    return run_command("batch_predict_linear_regression", parser(), run)


def parser() -> argparse.ArgumentParser:
    """The arguments of the command line."""
    parser = parser_of(__doc__, "batch_predict_linear_regression")
    parser.add_argument(
        "--out", type=Path, default=Path("predictions.csv"), metavar="FILE", help="[predictions.csv]"
    )
    return parser


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Forecast, write and print. Raises ConfigError, ModelRefused and OSError."""
    given = inputs(config, arguments)
    model = load(config, round_settings(config.models, given.interval))
    confidence = config.models.ml_prediction_confidence_threshold
    with open_output(arguments.out) as out, progress_bars() as progress:
        histories = progress.track(given.histories, description="symbol by symbol")
        summaries = write_predictions(histories, model, confidence, out)
    if not summaries:
        raise ConfigError(
            f"No bar can be forecast: a symbol needs {RETURNS + 1} bars and a price that moves."
        )
    show(prediction_table(summaries))
    written = sum(each.rows for each in summaries)
    show(f"Wrote {written:,} forecasts of version {model.manifest.version} to {arguments.out}.")
    return 0


def open_output(path: Path) -> TextIO:
    """Open the file for writing. Raises ConfigError if it can't be written."""
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"--out {path}: {error.strerror}. Name a file that you can write to.") from error


def load(config: Config, settings: RoundSettings) -> ModelFile:
    """The model of LR_MODEL_PATH. Raises ModelRefused, with advice, if it can't be trusted or does not fit the
    settings."""
    expected = expected_of("linear_regression", settings)
    try:
        return read(config.models.lr_model_path, key_in(config), expected)
    except ModelRefused as refused:
        raise ModelRefused(
            f"{refused}. To write this file: python -m ml.train_linear_regression, with bars of {settings.interval}."
        ) from refused


def write_predictions(
    histories: Iterable[TrainingHistory], model: ModelFile, confidence: float, out: TextIO
) -> list[BatchSummary]:
    """Write every forecast as CSV. Returns a summary for each symbol that has forecasts."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    summaries = []
    for history in histories:
        newest, rows, named = None, 0, 0
        for newest in predictions(history, model.served, confidence):
            writer.writerow(csv_row(newest, model.manifest.version))
            rows, named = rows + 1, named + (newest.direction != "")
        if newest is not None:
            summaries.append(BatchSummary(newest, rows, named))
    return summaries


def csv_row(forecast: Prediction, version: int) -> list[object]:
    """A forecast in the order of COLUMNS, at full precision; None becomes an empty field."""
    return [forecast.symbol, _time(forecast.made_at), _time(forecast.due_at), *forecast[3:], version]


def prediction_table(summaries: Iterable[BatchSummary]) -> Table:
    """One row per symbol, with its newest forecast."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("symbol")
    for column in ("forecasts", "with a direction", "newest close", "at", "next", "95 % interval"):
        table.add_column(column, justify="right")
    for newest, rows, named in summaries:
        table.add_row(
            newest.symbol,
            f"{rows:,}",
            f"{named:,}",
            f"{newest.close:.6g}",
            _time(newest.made_at),
            f"{newest.predicted_close:.6g} ({newest.predicted_return:+.2%})",
            f"{newest.lower:.6g} to {newest.upper:.6g}",
        )
    return table


def _time(second: int | None) -> str | None:
    return None if second is None else datetime.fromtimestamp(second, UTC).isoformat()


if __name__ == "__main__":
    sys.exit(main())
