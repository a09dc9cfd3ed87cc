"""One round of training in a process of its own: every model of an interval learns from the tables, and what became of
it goes into them; then how the forecasts of every symbol fared."""

import logging
import os
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

ROWS = 200_000
"""All symbols together learn from about so many of their newest bars, shared out evenly."""
FEWEST, MOST = 500, 20_000
"""Bars of one symbol."""
NICENESS = 10
"""What it adds to its niceness: live quotes come first."""

log = logging.getLogger("tickstream.trainer")


def train_interval(config: Config, interval: Interval) -> bool:
    """Train on the tables at `config`'s address; False where there are too few bars to learn from.

    What goes wrong is logged: the next round tries again.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    start_logging(config.logging, "trainer")
    try:
        with closing(connect(config.postgres.dsn_for(config.database()), "training")) as connection:
            has_learnt = _train(config, interval, connection) if config.models.trained_models else True
            write_diagnostics(connection, interval, time.time())
    except (TickstreamError, OSError) as error:
        log.warning("Training on %s bars broke off: %s", interval, error)
        return True
    return has_learnt


def _train(config: Config, interval: Interval, connection: Connection) -> bool:
    """Each model in turn; one that can't be trained leaves the others their turn. False: rows are too few for any."""
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
        # What numbers do to a library shows as one of the last two; the other models may fare better.
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
        newest = min(MOST, max(FEWEST, ROWS // max(1, symbols_count(cursor))))
        histories = histories_from_tables(cursor, interval, newest)
    return samples(histories, settings.features, settings.horizon)
