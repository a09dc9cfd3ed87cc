"""Announcements of one part to another that rows have changed: PostgreSQL's NOTIFY and LISTEN.

They are sent when the transaction is committed, and never for one that is rolled back. They may get lost, as with a
connection, and a connection pool may pass none on: whoever listens also reads at an interval.
"""

import select
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from shared.postgres.database import Connection, Cursor, transaction

LAST_QUOTES = "tickstream_last_quotes"
"""The rows of these symbols in `symbols` have changed."""
OPEN_BARS = "tickstream_open_bars"
"""The rows of these symbols in `open_bars` have changed."""
MAX_BYTES = 7_900
"""PostgreSQL refuses 8,000 bytes and more."""


class Announced(NamedTuple):
    """What was announced since the last look: symbols by channel; None if there were too many to name."""

    last_quotes: set[str] | None
    has_open_bars: bool


NOTHING_ANNOUNCED = Announced(set(), False)


def announce(cursor: Cursor, channel: str, symbols: Sequence[str]) -> None:
    """Announce changed symbols when this transaction is committed, all as one announcement.

    Commits that announce something wait for one another, so they should be few and short.
    """
    named = msgspec.json.encode(symbols)
    cursor.execute("select pg_notify(%s, %s)", (channel, named.decode() if len(named) <= MAX_BYTES else ""))


def listen(connection: Connection) -> None:
    """Receive announcements on this connection, which may also be used for anything else."""
    with transaction(connection) as cursor:
        cursor.execute(f"listen {LAST_QUOTES}")
        cursor.execute(f"listen {OPEN_BARS}")


def wait_for_announcements(connection: Connection, seconds: float) -> None:
    """Wait until something is announced, at most so long. Not within a transaction."""
    if not connection.notifies:
        select.select([connection], [], [], seconds)
        connection.poll()


def take_announced(connection: Connection) -> Announced:
    """What the connection has received since the last call."""
    if not connection.notifies:
        return NOTHING_ANNOUNCED
    notifies, connection.notifies = connection.notifies, []
    payloads = [each.payload for each in notifies if each.channel == LAST_QUOTES]
    symbols = (
        None if "" in payloads else {symbol for each in payloads for symbol in msgspec.json.decode(each)}
    )
    return Announced(symbols, any(each.channel == OPEN_BARS for each in notifies))
