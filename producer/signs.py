"""The producer's signs of life, from a thread of its own: quotes never wait for the database."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from db.migrate import migrate
from producer.publish import Publisher
from shared.config import Config
from shared.database import Connection, connect, make_database
from shared.errors import TickstreamError, Unavailable
from shared.kafka import LogWriter
from shared.parts import SignOfLife
from shared.pulse import BEAT_SECONDS

REFUSED_SECONDS = 10.0
"""Between two tries of what the database would refuse again."""

log = logging.getLogger("tickstream.producer")


@contextmanager
def signs_of_life(
    config: Config,
    sign: SignOfLife,
    writer: LogWriter,
    publisher: Publisher,
    chores: Callable[[Connection], None],
) -> Iterator[None]:
    """Signs for the screen, and `chores` beside them, once a second while this is open."""
    over = threading.Event()

    def give() -> None:
        while not over.is_set():
            try:
                _give_signs(config, sign, writer, publisher, chores, over)
            except Unavailable as error:
                log.debug("no sign of life: %s", error)
                over.wait(BEAT_SECONDS)
            except TickstreamError as error:
                log.warning("The producer can't tell how it fares: %s", error)
                over.wait(REFUSED_SECONDS)

    thread = threading.Thread(target=give, name="signs of life")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _give_signs(
    config: Config,
    sign: SignOfLife,
    writer: LogWriter,
    publisher: Publisher,
    chores: Callable[[Connection], None],
    over: threading.Event,
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
            chores(connection)
