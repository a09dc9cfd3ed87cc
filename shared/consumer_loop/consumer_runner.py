"""Runs a consuming part: the loop of `shared.consumer_loop.loop` with servers, topics, database and retries."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from shared.consumer_loop.fold import Fold, LoopOptions
from shared.consumer_loop.garbage import GarbageRounds, collect_after_a_run, collect_between_steps
from shared.consumer_loop.loop import ConsumerLoop
from shared.errors import PartitionLost, Unavailable
from shared.kafka import Gathering, GroupReader, Log, make_topics
from shared.observability.heartbeat import beat
from shared.postgres.database import connect, make_database, transaction
from shared.progress.offsets import GroupOnTopic, claim_origin
from shared.runtime.lifecycle import HeartbeatRow, Stop, instance_name, retry_until_stopped, servers
from shared.settings.config import Config

PACE_LOG_SECONDS = 60.0
"""Minimum interval of log lines about the throughput, so that they don't hide warnings."""

log = logging.getLogger("tickstream")


@dataclass(frozen=True)
class ConsumingPart:
    """What distinguishes one consuming part from another: its name, its group and its fold.

    `make_fold` gets the group and topic, the log and the DSN of the database that the fold writes. `migrate` updates
    the schema of the database with the given DSN.
    """

    name: str
    group: str
    make_fold: Callable[[GroupOnTopic, Log, str], Fold]
    migrate: Callable[[str], object]


def consume(part: ConsumingPart, config: Config, stop: Stop) -> None:
    """Run until `stop` is set or MAX_MESSAGES are handled; waits for servers that become unavailable.

    Raises ConfigError, or StopPart if a restart would fail the same way.
    """
    collect_between_steps()
    with instance_name(part.name, config.topic(), config.embedded.data) as instance:
        heartbeat_row = HeartbeatRow(part.name, instance)

        def attempt() -> None:
            collect_after_a_run()
            with servers(config) as ready, _opened(part, instance, ready) as loop, stop.gently():
                log.info("%s runs on topic %s", part.name, config.topic())
                _run(loop, heartbeat_row, config, stop)

        retry_until_stopped(part.name, attempt, stop, config.errors)


@contextmanager
def _opened(part: ConsumingPart, instance: str, config: Config) -> Iterator[ConsumerLoop]:
    """The loop with all it needs: topics, database, schema, and a reader that starts at the stored offsets."""
    topics = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    part.migrate(dsn)
    reading = GroupOnTopic(part.group, topics.topic)
    with closing(connect(dsn, part.name)) as connection:
        with transaction(connection) as cursor:
            claim_origin(cursor, topics)
        # Two feeds may run at the same time: in one Kafka group they would take partitions from each other.
        feed = topics.topic.removeprefix(config.kafka.topic)
        gathering = Gathering(config.running.batch_size, config.running.gather_milliseconds)
        with (
            closing(GroupReader(topics, part.group + feed, instance, gathering)) as reader,
            closing(part.make_fold(reading, topics, dsn)) as fold,
            closing(ConsumerLoop(topics, reading, reader, connection, fold, _options(config))) as loop,
        ):
            yield loop


def _options(config: Config) -> LoopOptions:
    return LoopOptions(
        max_messages=config.running.max_messages,
        skip_invalid=config.errors.skip_invalid_data,
        report_offsets=config.kafka.enable_auto_commit,
        from_latest=config.kafka.auto_offset_reset == "latest",
    )


def _run(loop: ConsumerLoop, heartbeat_row: HeartbeatRow, config: Config, stop: threading.Event) -> None:
    """Run the loop to its end."""
    try:
        _run_steps(loop, heartbeat_row, config, stop)
        loop.finish()
    except Unavailable as error:
        # A stop during a step interrupts it: the next start continues as after a kill.
        if not stop.is_set():
            _report_waiting(loop, heartbeat_row, error)
            raise
    heartbeat_row.write(loop.connection, "stopped", "", loop.lag(), loop.handled)


def _report_waiting(loop: ConsumerLoop, heartbeat_row: HeartbeatRow, cause: Unavailable) -> None:
    """Show the cause on the page, unless the database itself can't be reached."""
    try:
        loop.settle()
        heartbeat_row.write_waiting(loop.connection, str(cause))
    except (Unavailable, PartitionLost) as error:
        log.debug("no heartbeat written: %s", error)


def _run_steps(
    loop: ConsumerLoop, heartbeat_row: HeartbeatRow, config: Config, stop: threading.Event
) -> None:
    """Run steps until `stop` is set, with a heartbeat every second and regular log lines about the throughput."""
    logged, logged_at = 0, time.monotonic()
    garbage = GarbageRounds()
    while not stop.is_set() and not loop.has_enough:
        beat()
        loop.step()
        garbage.step_done()
        if heartbeat_row.due():
            loop.settle()
            lag = loop.lag()
            per_second = heartbeat_row.write(loop.connection, "running", "", lag, loop.handled)
            enough = loop.commits - logged >= config.running.log_performance_frequency
            if enough and time.monotonic() - logged_at >= PACE_LOG_SECONDS:
                logged, logged_at = loop.commits, time.monotonic()
                log.info("%d messages handled, %.0f/s, lag %d", loop.handled, per_second, lag)
