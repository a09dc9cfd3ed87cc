"""The producer's signs of life, from a thread of its own: quotes never wait for the database."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import NamedTuple

from db.migrate import migrate
from producer.publishing.publisher import FINISHED
from shared.errors import TickstreamError, Unavailable
from shared.observability.heartbeat import BEAT_SECONDS, beat, strand, wait
from shared.postgres.database import Connection, connect, make_database
from shared.runtime.lifecycle import SignOfLife
from shared.settings.config import Config

REFUSED_SECONDS = 10.0
"""Between two tries of what the database would refuse again."""
STUCK_SECONDS = 900.0
"""The database answers or ends a statement before that (`shared.postgres.database.LIMITS`)."""

log = logging.getLogger("tickstream.producer")


class Condition(NamedTuple):
    """How the producer fares: state and detail for the strip, messages that wait, messages handled since the start."""

    state: str
    detail: str
    waiting: int
    handled: int


def no_chores(_: Connection) -> None:
    """Nothing is to be done beside the signs."""


@contextmanager
def signs_of_life(
    config: Config,
    sign: SignOfLife,
    condition: Callable[[], Condition],
    chores: Callable[[Connection], None] = no_chores,
) -> Iterator[None]:
    """Signs for the screen, and `chores` beside them, once a second while this is open."""
    over = threading.Event()

    def give() -> None:
        with strand(STUCK_SECONDS):
            while not over.is_set():
                try:
                    _give_signs(config, sign, condition, chores, over)
                except Unavailable as error:
                    log.debug("no sign of life: %s", error)
                    wait(over, BEAT_SECONDS)
                except TickstreamError as error:
                    log.warning("The producer's state can't be written to the database: %s", error)
                    wait(over, REFUSED_SECONDS)

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
    condition: Callable[[], Condition],
    chores: Callable[[Connection], None],
    over: threading.Event,
) -> None:
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    migrate(dsn)
    last = False
    with closing(connect(dsn, "producer")) as connection:
        while not last:
            beat()
            last = over.wait(BEAT_SECONDS)
            state, detail, waiting, handled = condition()
            ended = "stopped" if last and state != FINISHED else state
            sign.give(connection, ended, detail, waiting, handled)
            chores(connection)
