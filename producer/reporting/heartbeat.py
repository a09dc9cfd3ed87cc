"""The producer's heartbeat rows, written in a separate thread, so that quotes never wait for the database."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from threading import Event
from typing import NamedTuple

from db.migrate import migrate
from producer.publishing.publisher import FINISHED
from shared.errors import Unavailable
from shared.observability.heartbeat import BEAT_SECONDS, beat, strand
from shared.postgres.database import Connection, connect, make_database
from shared.runtime.background import in_background
from shared.runtime.lifecycle import HeartbeatRow
from shared.runtime.reconnecting import Reconnecting, Refusal
from shared.settings.config import Config

REFUSED_SECONDS = 10.0
"""Pause after an error that a retry would repeat."""
STUCK_SECONDS = 900.0
"""Longer than any statement takes (`shared.postgres.database.LIMITS`)."""

log = logging.getLogger("tickstream.producer")
WRITING = Reconnecting(
    log,
    "no heartbeat written",
    Refusal("The producer's status can't be written to the database", REFUSED_SECONDS),
)


class Condition(NamedTuple):
    """The producer's status: state and detail for the page; `lag` is the number of messages that are not acknowledged
    or not yet made, `handled` that of messages acknowledged since the start."""

    state: str
    detail: str
    lag: int
    handled: int


def no_chores(_: Connection) -> None:
    """No work besides the heartbeat."""


@contextmanager
def heartbeats(
    config: Config,
    heartbeat_row: HeartbeatRow,
    condition: Callable[[], Condition],
    chores: Sequence[Callable[[Connection], None]] = (),
) -> Iterator[None]:
    """Write the heartbeat row and run `chores` once a second while this context is open.

    The last row says that the producer has stopped; or that it waits, and for what, if a server became unavailable.
    """
    causes: list[Unavailable] = []
    write = partial(_write_heartbeats, config, heartbeat_row, condition, chores, causes)
    with in_background(partial(_keep_writing, write), "heartbeat"):
        try:
            yield
        except Unavailable as error:
            causes.append(error)
            raise


def _keep_writing(write: Callable[[Event], None], over: Event) -> None:
    """Call `write` until the end, again after errors of the database."""
    with strand(STUCK_SECONDS):
        WRITING.run(partial(write, over), over)


def _write_heartbeats(
    config: Config,
    heartbeat_row: HeartbeatRow,
    condition: Callable[[], Condition],
    chores: Sequence[Callable[[Connection], None]],
    causes: list[Unavailable],
    over: Event,
) -> None:
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    migrate(dsn)
    last = False
    with closing(connect(dsn, "producer")) as connection:
        while not last:
            beat()
            last = over.wait(BEAT_SECONDS)
            state, detail, lag, handled = condition()
            if last and state != FINISHED:
                state, detail = ("waiting", str(causes[0])) if causes else ("stopped", detail)
            heartbeat_row.write(connection, state, detail, lag, handled)
            for chore in chores:
                chore(connection)
