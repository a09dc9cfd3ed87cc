"""Train models on recorded bars or on the pipeline's tables, and promote each one that passes its test.

    python -m ml.train --model all --from-database --interval 5m      all of TRAINED_MODELS, on the pipeline's own bars
    python -m ml.train --model xgboost daily/*.zip --since 2005-01-01
    python -m ml.train --model linear_regression bars.csv

A model is trained on all rows except the holdout, the newest TEST_SIZE of them, and on no row that overlaps with the
holdout. It is tested on the holdout, beside "no change" and the live version. It goes live if it is at least as good as
the live version on rows that neither was trained on, and is kept as a candidate otherwise. Versions are stored in the
folder models of TICKSTREAM_DATA, separately for each feed; a running analysis deploys a version that goes live.

In the table, losses are mean squared errors relative to that of "no change" on the same rows: below 100 % is better.
Exit status 0: every model was trained; 1: at least one was not. Settings: .env; the same bars, settings and
RANDOM_STATE give the same model.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from typing import get_args

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from ml.commands import FAILED, parser_of, run_command
from ml.datasets.inputs import inputs
from ml.datasets.samples import Samples, samples
from ml.diagnostics.report import progress_bars, show, training_table
from ml.registry.model_folder import registry_of
from ml.registry.registry import Registry
from ml.training.training_run import RoundSettings, Training, round_settings, split_samples, train_and_decide
from ml.training.training_tables import highest_versions, write_training
from shared.embedded import postgres_in
from shared.errors import ConfigError, ModelRefused, Unavailable
from shared.market.records import Interval
from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import servers
from shared.settings.config import Config
from shared.settings.setting_types import TrainedModel

MODELS: tuple[TrainedModel, ...] = get_args(TrainedModel)


def main() -> int:
    """Run the command. Returns its exit status."""
    return run_command("train", parser(), run)


def parser() -> argparse.ArgumentParser:
    """The arguments of the command line."""
    parser = parser_of(__doc__, "train")
    parser.add_argument(
        "--model",
        choices=["all", *MODELS],
        required=True,
        help="the model to train; all: those of TRAINED_MODELS",
    )
    return parser


def run(config: Config, arguments: argparse.Namespace) -> int:
    """Train, decide on promotion and print. Raises ConfigError."""
    models = config.models.trained_models if arguments.model == "all" else (arguments.model,)
    if not models:
        raise ConfigError("TRAINED_MODELS is none: name a model with --model.")
    given = inputs(config, arguments)
    settings = round_settings(config.models, given.interval)
    rows = samples(given.histories, settings.training.features, settings.training.horizon)
    split_samples(rows, settings)  # raises once if rows are too few, not once for every model
    known = known_versions(config, given.interval)
    trained = train_all(models, rows, registry_of(config), settings, known)
    if arguments.from_database:
        store_trainings(config, trained)
    if trained:
        reasons = (f"{each.model} version {each.version}: {each.reason}" for each in trained)
        show(f"{config.database()}, bars of {given.interval}", training_table(trained), *reasons)
    return 0 if len(trained) == len(models) else FAILED


def train_all(
    models: Sequence[TrainedModel],
    rows: Samples,
    registry: Registry,
    settings: RoundSettings,
    known: dict[str, int],
) -> list[Training]:
    """Train each model in turn; a failure is printed to standard error, and the next model follows."""
    trained = []
    with progress_bars() as progress:
        for model in progress.track(models, description="training"):
            try:
                now, above = int(time.time()), known.get(model, 0)
                trained.append(train_and_decide(model, rows, registry, settings, now, above))
            except (ConfigError, ModelRefused, ValueError, ArithmeticError) as error:
                print(f"train: {model} was not trained. {error}", file=sys.stderr)
    return trained


def known_versions(config: Config, interval: Interval) -> dict[str, int]:
    """The highest version of each model in this feed's database; empty if there is no database."""
    if config.postgres.is_embedded and not postgres_in(config.embedded.data, 0).folder.is_dir():
        return {}
    with servers(config, kafka=False) as ready:
        try:
            connection = connect(ready.postgres.dsn_for(config.database()), "training")
        except Unavailable as error:
            print(f"train: version numbers follow those of the local files only. {error}", file=sys.stderr)
            return {}
        with closing(connection), transaction(connection) as cursor:
            return highest_versions(cursor, interval)


def store_trainings(config: Config, trained: Sequence[Training]) -> None:
    """Record the trainings in the tables that the bars came from, as the trainer does."""
    with (
        servers(config, kafka=False) as ready,
        closing(connect(ready.postgres.dsn_for(config.database()), "training")) as connection,
        transaction(connection) as cursor,
    ):
        for training in trained:
            write_training(cursor, training, time.time())


if __name__ == "__main__":
    sys.exit(main())
