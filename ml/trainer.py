"""The trainer: retrains the models of TRAINED_MODELS as bars close, and diagnoses the forecasts.

    python -m ml.trainer          run until Ctrl-C

A training runs in a separate process of lower priority than the live parts. A new version goes live only if it is at
least as good as the live version on bars that neither was trained on; otherwise it is kept as a candidate. The
analytics part deploys versions that go live. Settings: .env, see .env.example.
"""

import logging
import os
import signal
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from math import ceil
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import NamedTuple

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from db.migrate import migrate
from ml.children import exit_with, start_without_sigint
from ml.training.schedule import Progress, Schedule
from ml.training.training_tables import closed_bars, exchanges, last_trainings, messages_to_come
from shared.calendars.calendars import calendar_of
from shared.market.records import Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Connection, Cursor, connect, make_database, transaction
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import HeartbeatRow, Stop, instance_name, retry_until_stopped, servers
from shared.settings.config import Config

POLL_SECONDS = 5.0
ROUND_SECONDS = 1_800.0
"""A training that takes longer is considered hung and is terminated."""
BEAT_SECONDS = 0.5
MAX_LAG = 2_000
"""Messages. While the analytics part has more to read, a backfill is under way, and a model trained now would soon be
outdated."""
NICENESS = 10
"""Added to the niceness of a round's process, because live quotes have priority."""
EXIT_TOO_FEW_ROWS = 4
"""Exit status of a round that found too few rows to train on."""
STARTED = "trainer started on database %s: waiting for bars of %s, and for the analytics part to catch up"
TOO_FEW = (
    "There are too few %s bars to train on yet: MIN_TRAINING_SAMPLES=%d besides the holdout; waiting for more"
)
NO_PROGRESS = Progress(0, 0)

log = logging.getLogger("tickstream.trainer")


@dataclass
class IntervalState:
    """When the models of an interval were last trained, and how many bars there were."""

    trained_at: float | None
    bars: int


class ClosedBars(NamedTuple):
    """The bars of each interval that are closed at `at`, epoch seconds, and whether any market is open then."""

    at: float
    is_open: bool
    progress: dict[Interval, Progress]


class Trainer:
    """The training rounds of one feed, one at a time."""

    def __init__(
        self, config: Config, connection: Connection, heartbeat_row: HeartbeatRow, stop: Stop
    ) -> None:
        self._config, self._connection = config, connection
        self._heartbeat_row, self._stop = heartbeat_row, stop
        models = config.models
        self._schedule = Schedule(
            models.retrain_frequency,
            60.0 * models.retrain_minutes,
            ceil(models.min_training_samples / (1.0 - models.test_size)),
        )
        self._intervals = self._initial_state()
        self._logged: set[Interval] = set()
        self._rounds = 0

    def run(self) -> None:
        """Train what is due, until the part is stopped."""
        while not self._stop.is_set():
            bars = self._read_bars()
            if bars is not None:
                self._lower_counts(bars)
                self._train_due(bars)
            self._wait("waits for bars" if bars is not None else "waits for the analytics part")
        self._heartbeat_row.write(self._connection, "stopped", "", 0, self._rounds)

    def _initial_state(self) -> dict[Interval, IntervalState]:
        """The last trainings, so that a restart does not train again."""
        with transaction(self._connection) as cursor:
            closed, trained = self._closed(cursor), last_trainings(cursor)
        return {
            interval: IntervalState(trained.get(interval), closed.get(interval, NO_PROGRESS).bars)
            for interval in self._config.models.forecast_intervals
        }

    def _closed(self, cursor: Cursor) -> dict[Interval, Progress]:
        return closed_bars(cursor, self._config.models.prediction_horizon)

    def _read_bars(self) -> ClosedBars | None:
        """The bars closed so far; None while the analytics part is far behind."""
        with transaction(self._connection) as cursor:
            left, closed, places = messages_to_come(cursor), self._closed(cursor), exchanges(cursor)
        if left is None or left > MAX_LAG:
            return None
        now = time.time()
        is_open = any(calendar_of(place).at(int(now)).name == "regular" for place in places)
        by_interval = {interval: closed.get(interval, NO_PROGRESS) for interval in self._intervals}
        return ClosedBars(now, is_open, by_interval)

    def _lower_counts(self, bars: ClosedBars) -> None:
        """New forecast settings restart the count of bars."""
        for interval, state in self._intervals.items():
            state.bars = min(state.bars, bars.progress[interval].bars)

    def _train_due(self, bars: ClosedBars) -> None:
        for interval in self._due(bars):
            if not self._stop.is_set():
                self._run_round(interval)
                self._intervals[interval] = IntervalState(time.time(), bars.progress[interval].bars)

    def _due(self, bars: ClosedBars) -> list[Interval]:
        """The intervals to train."""
        return [
            interval
            for interval, state in self._intervals.items()
            if self._schedule.is_due(
                bars.at, state.trained_at, state.bars, bars.progress[interval], bars.is_open
            )
        ]

    def _run_round(self, interval: Interval) -> None:
        """Run one round in a separate process and watch it. The process logs its own errors."""
        began = time.monotonic()
        process = get_context("spawn").Process(
            target=work, args=(self._config, interval), name="training", daemon=True
        )
        start_without_sigint(process)
        try:
            while process.is_alive() and not self._stop.is_set():
                if time.monotonic() - began > ROUND_SECONDS:
                    log.warning(
                        "Training on %s bars took over %.0f s and was stopped; the live versions stay.",
                        interval,
                        ROUND_SECONDS,
                    )
                    break
                self._beat(f"trains on {interval} bars")
                process.join(BEAT_SECONDS)
            else:
                self.log_status(interval, process.exitcode)
        finally:
            process.kill()
            process.join()
            process.close()
        self._rounds += 1

    def log_status(self, interval: Interval, status: int | None) -> None:
        """Log how a round ended, unless it has logged that itself; `status` None: it was stopped."""
        if status == EXIT_TOO_FEW_ROWS:
            if interval not in self._logged:
                log.info(TOO_FEW, interval, self._config.models.min_training_samples)
            self._logged.add(interval)
        elif status:
            log.warning(
                "Training on %s bars failed with exit status %d; the live versions stay.", interval, status
            )

    def _wait(self, detail: str) -> None:
        until = time.monotonic() + POLL_SECONDS
        while time.monotonic() < until and not self._stop.wait(BEAT_SECONDS):
            self._beat(detail)

    def _beat(self, detail: str) -> None:
        beat()
        if self._heartbeat_row.due():
            self._heartbeat_row.write(self._connection, "running", detail, 0, self._rounds)


def work(config: Config, interval: Interval) -> None:
    """The main function of a round's process; it exits with EXIT_TOO_FEW_ROWS if there are too few rows."""
    Thread(target=exit_with, args=(parent_process(),), name="trainer watch", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # Imported here, because only the rounds need these libraries, not the part itself.
    from ml.training.training_process import train_interval

    if not train_interval(config, interval):
        sys.exit(EXIT_TOO_FEW_ROWS)


def train(config: Config, stop: Stop) -> None:
    """Train until `stop` is set; returns at once if no interval is forecast. Raises ConfigError or StopPart."""
    if not config.models.forecast_intervals:
        log.info("FORECAST_INTERVALS is none: there is nothing to train.")
        return
    with instance_name("trainer", config.topic(), config.embedded.data, slots=1) as instance:
        heartbeat_row = HeartbeatRow("trainer", instance)

        def attempt() -> None:
            with servers(config, kafka=False) as ready:
                dsn = make_database(ready.postgres.dsn_for("postgres"), ready.database())
                migrate(dsn)
                with closing(connect(dsn, "trainer")) as connection, stop.gently():
                    log.info(STARTED, ready.database(), ", ".join(config.models.forecast_intervals))
                    Trainer(ready, connection, heartbeat_row, stop).run()

        retry_until_stopped("trainer", attempt, stop, config.errors)


if __name__ == "__main__":
    sys.exit(run_part("trainer", __doc__, train))
