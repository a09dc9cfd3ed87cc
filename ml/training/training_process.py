"""One training round in a separate process: trains every model of an interval on the tables, stores the results, then
diagnoses the forecasts of every symbol."""

import logging
import time
from contextlib import closing

from ml.datasets.history_tables import histories_from_tables
from ml.datasets.samples import Samples, samples
from ml.diagnostics.diagnostics_tables import write_diagnostics
from ml.learners.trained import TrainingSettings
from ml.registry.model_folder import registry_of
from ml.training.training_run import round_settings, split_samples, train_and_decide
from ml.training.training_tables import highest_versions, symbols_count, write_training
from shared.errors import ConfigError, ModelRefused, TickstreamError
from shared.market.records import Interval
from shared.observability.logs import start_logging
from shared.postgres.database import Connection, connect, transaction
from shared.settings.config import Config

TOTAL_BARS = 200_000
"""Approximate number of bars to train on, the newest ones, divided evenly among all symbols."""
MIN_BARS, MAX_BARS = 500, 20_000
"""Lower and upper limit of the bars of one symbol."""

log = logging.getLogger("tickstream.trainer")


def train_interval(config: Config, interval: Interval) -> bool:
    """Train on the tables of the configured database. Returns False if there are too few bars to train on.

    Errors are logged; the next round tries again.
    """
    start_logging(config.logging, "trainer")
    try:
        with closing(connect(config.postgres.dsn_for(config.database()), "training")) as connection:
            has_trained = _train(config, interval, connection) if config.models.trained_models else True
            write_diagnostics(connection, interval, time.time())
    except (TickstreamError, OSError) as error:
        log.warning("Training on %s bars failed: %s", interval, error)
        return True
    return has_trained


def _train(config: Config, interval: Interval, connection: Connection) -> bool:
    """Train each model in turn; a failure of one does not affect the others. Returns False if rows are too few for
    any."""
    settings, registry = round_settings(config.models, interval), registry_of(config)
    found = _samples(connection, interval, settings.training)
    try:
        split_samples(found, settings)
    except ConfigError:
        return False
    with transaction(connection) as cursor:
        known = highest_versions(cursor, interval)
    for model in config.models.trained_models:
        try:
            now = int(time.time())
            training = train_and_decide(model, found, registry, settings, now, known.get(model, 0))
        # Numerical problems in a library raise one of the last two; other models may still succeed.
        except (ConfigError, ModelRefused, ValueError, ArithmeticError) as error:
            log.warning("%s of %s bars was not trained: %s", model, interval, error)
            continue
        with transaction(connection) as cursor:
            write_training(cursor, training, time.time())
        state = "goes live" if training.is_live else "stays a candidate"
        name = f"{model} of {interval} bars, version {training.version},"
        log.info("%s %s after %.1f s: %s", name, state, training.seconds, training.reason)
    return True


def _samples(connection: Connection, interval: Interval, settings: TrainingSettings) -> Samples:
    with transaction(connection) as cursor:
        newest = min(MAX_BARS, max(MIN_BARS, TOTAL_BARS // max(1, symbols_count(cursor))))
        histories = histories_from_tables(cursor, interval, newest)
    return samples(histories, settings.features, settings.horizon)
