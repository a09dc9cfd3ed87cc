"""A consuming part from its settings to its end: the loop of shared.runtime.stream with everything it stands on."""

import gc
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from shared.errors import Unavailable
from shared.kafka import Gathering, GroupReader, Log, make_topics
from shared.observability.heartbeat import beat
from shared.postgres.database import connect, make_database, transaction
from shared.runtime.lifecycle import SignOfLife, Stop, keep_trying, place, servers
from shared.runtime.offsets import GroupOnTopic, claim_origin
from shared.runtime.stream import ConsumerLoop, Fold, Pace
from shared.settings.config import Config

OBJECTS_A_TURN = 200_000
WORD_SECONDS = 60.0
"""Between two lines about the pace, at least: they would drown the warnings."""

log = logging.getLogger("tickstream")


@dataclass(frozen=True)
class ConsumingPart:
    """What makes one consuming part different from another: its name, its group and its fold, made for a reading of a
    log and the DSN of the database it writes.

    `migrate` brings the database of a DSN up to date.
    """

    name: str
    group: str
    make_fold: Callable[[GroupOnTopic, Log, str], Fold]
    migrate: Callable[[str], object]


def consume(part: ConsumingPart, config: Config, stop: Stop) -> None:
    """Run until `stop` is set or MAX_MESSAGES are handled; servers that go away are waited for.

    Raises ConfigError, or StopPart where a restart would end the same way.
    """
    _look_for_garbage_less_often()
    with place(part.name, config.topic(), config.embedded.data) as instance:
        sign = SignOfLife(part.name, instance)

        def attempt() -> None:
            with servers(config) as ready, _opened(part, instance, ready) as stream, stop.gently():
                log.info("%s runs on topic %s", part.name, config.topic())
                _turn(stream, sign, config, stop)

        keep_trying(part.name, attempt, stop, config.errors)


def _look_for_garbage_less_often() -> None:
    """A turn makes some 100,000 objects that all live to its end; looking through them at every 700 new ones, as
    the collector does by default, takes a tenth of the time and frees nothing."""
    gc.freeze()
    gc.set_threshold(OBJECTS_A_TURN)


@contextmanager
def _opened(part: ConsumingPart, instance: str, config: Config) -> Iterator[ConsumerLoop]:
    """Everything a run stands on: topics, database, schema, and a reader that begins where the rows end."""
    topics = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    part.migrate(dsn)
    reading = GroupOnTopic(part.group, topics.topic)
    with closing(connect(dsn, part.name)) as connection:
        with transaction(connection) as cursor:
            claim_origin(cursor, topics)
        # Two feeds may run side by side: in one Kafka group they would take each other's partitions away.
        feed = topics.topic.removeprefix(config.kafka.topic)
        gathering = Gathering(config.running.batch_size, config.running.gather_milliseconds)
        reader = GroupReader(topics, part.group + feed, instance, gathering)
        fold = part.make_fold(reading, topics, dsn)
        try:
            yield ConsumerLoop(topics, reading, reader, connection, fold, _pace(config))
        finally:
            reader.close()
            fold.close()


def _pace(config: Config) -> Pace:
    return Pace(
        max_messages=config.running.max_messages,
        skip_invalid=config.errors.skip_invalid_data,
        report_offsets=config.kafka.enable_auto_commit,
        from_latest=config.kafka.auto_offset_reset == "latest",
    )


def _turn(stream: ConsumerLoop, sign: SignOfLife, config: Config, stop: threading.Event) -> None:
    """Turn the loop to its end."""
    try:
        _turn_on(stream, sign, config, stop)
        stream.finish()
    except Unavailable:
        # A stop amid a step breaks it off: the next start goes on as after a kill.
        if not stop.is_set():
            raise
    sign.give(stream.connection, "stopped", "", stream.lag(), stream.handled)


def _turn_on(stream: ConsumerLoop, sign: SignOfLife, config: Config, stop: threading.Event) -> None:
    """Turn until `stop` is set, with a sign of life once a second and a word on the pace now and then."""
    said, said_at = 0, time.monotonic()
    while not stop.is_set() and not stream.has_enough:
        beat()
        stream.step()
        if sign.due():
            lag = stream.lag()
            per_second = sign.give(stream.connection, "running", "", lag, stream.handled)
            enough = stream.commits - said >= config.running.log_performance_frequency
            if enough and time.monotonic() - said_at >= WORD_SECONDS:
                said, said_at = stream.commits, time.monotonic()
                log.info("%d messages, %.0f a second, %d wait", stream.handled, per_second, lag)
