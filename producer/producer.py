"""The producer: publishes a source's quotes to the log, each once.

    python -m producer.producer                                the source of .env (SOURCES), simulated without one
    python -m producer.producer --replay FILE... --speed 60    recorded files, sixty times as fast as they were

Stop it, kill it, start it again: it goes on behind the last quote in the log. Settings: .env, see .env.example.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import dropwhile
from threading import Event

from db.migrate import migrate
from producer.publish import NOTHING, Publisher, last_positions
from producer.sources.replay import ended_by_now, paced
from producer.sources.simulated import SimulatedMarket
from shared.command_line import run_part
from shared.config import Config
from shared.database import connect, make_database
from shared.errors import TickstreamError
from shared.kafka import LogWriter, make_topics
from shared.market import Record
from shared.parts import BEAT_SECONDS, SignOfLife, Stop, keep_trying, place, servers
from shared.recordings.sequence import recorded

log = logging.getLogger("tickstream.producer")

Source = Callable[[Config, int, Event], Iterator[Record]]


def _replay(config: Config, after: int, stop: Event) -> Iterator[Record]:
    """What is published already is passed over at once; only the rest is paced."""
    rest = dropwhile(lambda record: record.position <= after, recorded(config.producer.replay_files))
    in_time = paced(rest, config.producer.replay_speed, time.monotonic, stop.wait)
    return ended_by_now(in_time, lambda: datetime.now(UTC))


def _simulated(config: Config, after: int, stop: Event) -> Iterator[Record]:
    market = SimulatedMarket(
        config.producer.tickers, config.producer.simulated_seed, config.producer.simulated_rate
    )
    return market.live(after if after != NOTHING else None, lambda: datetime.now(UTC), stop.wait)


SOURCES: dict[str, Source] = {"replay": _replay, "simulated": _simulated}
"""Every source by its name in SOURCES; it yields at least what lies behind a position."""


def produce(config: Config, stop: Stop) -> None:
    """Publish until the source ends or `stop` is set; servers that go away are waited for.

    Raises ConfigError, or StopPart where a restart would end the same way.
    """
    with place("producer", config.topic(), config.embedded.data, slots=1) as instance:
        sign = SignOfLife("producer", instance)

        def attempt() -> None:
            with servers(config) as ready:
                _publish(ready, sign, stop)

        keep_trying("producer", attempt, stop, config.errors)


def _publish(config: Config, sign: SignOfLife, stop: Stop) -> None:
    topic = make_topics(config.kafka.bootstrap_servers, config.topic(), config.kafka.partitions)
    positions = last_positions(topic, config.feed)
    after = min(positions.values())
    with closing(LogWriter(topic)) as writer:
        publisher = Publisher(topic, writer, positions, config.running.max_messages)
        with _signs_of_life(config, sign, writer, publisher), stop.gently():
            log.info("producer publishes %s to topic %s behind position %d", config.feed, topic.topic, after)
            publisher.publish(SOURCES[config.feed](config, after, stop), stop)
        log.info("producer is through: %d records acknowledged of %d sent", writer.acknowledged, writer.sent)


@contextmanager
def _signs_of_life(
    config: Config, sign: SignOfLife, writer: LogWriter, publisher: Publisher
) -> Iterator[None]:
    """Signs for the screen from a thread of its own: the producer needs no database, and never waits for one."""
    over = Event()

    def give() -> None:
        while not over.is_set():
            try:
                _give_signs(config, sign, writer, publisher, over)
            except TickstreamError as error:
                log.debug("no sign of life: %s", error)
                over.wait(BEAT_SECONDS)

    thread = threading.Thread(target=give, name="signs of life")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _give_signs(
    config: Config, sign: SignOfLife, writer: LogWriter, publisher: Publisher, over: Event
) -> None:
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    migrate(dsn)
    last = False
    with closing(connect(dsn, "producer")) as connection:
        while not last:
            last = over.wait(BEAT_SECONDS)
            health = "stopped" if last and not publisher.ended else publisher.health
            waiting = writer.sent - writer.acknowledged
            sign.give(connection, health, config.feed, waiting, writer.acknowledged)


if __name__ == "__main__":
    sys.exit(run_part("producer", __doc__, produce))
