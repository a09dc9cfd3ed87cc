"""The input of the commands of trained models: recorded bars, or those of the pipeline's own tables."""

import argparse
from bisect import bisect_left
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ml.datasets.history_files import histories_from_files, interval_of_files
from ml.datasets.history_tables import histories_from_tables
from ml.datasets.samples import TrainingHistory
from shared.errors import ConfigError, Unavailable
from shared.market.records import Interval
from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import servers
from shared.settings.config import Config

NEWEST = 20_000
"""Newest bars of each symbol that are read from the tables."""


class Inputs(NamedTuple):
    """Histories of one interval."""

    interval: Interval
    histories: list[TrainingHistory]


def inputs(config: Config, arguments: argparse.Namespace) -> Inputs:
    """The bars that the arguments select. Raises ConfigError if there are none."""
    if arguments.from_database:
        found = _of_tables(config, arguments.interval or "1d")
    else:
        found = _of_files(arguments.files, arguments.interval)
    if arguments.since is not None:
        start = datetime(arguments.since.year, arguments.since.month, arguments.since.day, tzinfo=UTC)
        found = found._replace(
            histories=[since(history, int(start.timestamp())) for history in found.histories]
        )
    if not any(history.made_at for history in found.histories):
        raise ConfigError(f"There are no closed bars of {found.interval}.")
    return found


def since(history: TrainingHistory, start: int) -> TrainingHistory:
    """The history from `start`, epoch seconds, on."""
    first = bisect_left(history.made_at, start)
    splits = [(time, ratio) for time, ratio in history.splits if time >= start]
    return TrainingHistory(history.symbol, history.made_at[first:], history.observations[first:], splits)


def _of_files(files: list[Path], interval: Interval | None) -> Inputs:
    found = interval_of_files(files)
    if interval not in (None, found):
        raise ConfigError(
            f"--interval {interval}: the files contain bars of {found}. Leave it out, or name other files."
        )
    return Inputs(found, histories_from_files(files))


def _of_tables(config: Config, interval: Interval) -> Inputs:
    with ExitStack() as opened:
        ready = opened.enter_context(servers(config, kafka=False))
        dsn = ready.postgres.dsn_for(config.database())
        try:
            connection = opened.enter_context(closing(connect(dsn, "training")))
        except Unavailable as error:
            raise ConfigError(
                f"--from-database: the tables of the {config.feed} feed can't be reached ({error}). Run "
                "start_pipeline.py first, or name files. To use the data of another feed, set TICKSTREAM_FEED."
            ) from error
        cursor = opened.enter_context(transaction(connection))
        return Inputs(interval, histories_from_tables(cursor, interval, NEWEST))
