"""Read-only connections, kept for the next query: opening one costs more than most queries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from shared.errors import TickstreamError
from shared.postgres.database import Connection, Cursor, connect, transaction

MOST_IDLE = 2
"""Connections that are kept while nobody uses them; more are opened when more viewers ask at once."""
QUERY_SECONDS = 15
"""The time limit of one viewer's query; scattered bars on a slow disk need more than the shared read's limit."""


def read_only_connection(dsn: str) -> Connection:
    """A read-only connection with repeatable-read transactions and a statement timeout of 3 s.

    Raises Unavailable.
    """
    connection = connect(dsn, "screen")
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with transaction(connection) as cursor:
        cursor.execute("set statement_timeout = '3s'")
    return connection


class ReadConnections:
    """A connection for each query that runs at the same time, so that no viewer waits for another. Thread-safe.

    `address` returns the DSN of the database, and may raise Unavailable.
    """

    def __init__(self, address: Callable[[], str]) -> None:
        self._address = address
        self._idle: list[tuple[str, Connection]] = []
        self._lock = Lock()

    @contextmanager
    def query(self) -> Iterator[Cursor]:
        """One read-only transaction. Raises Unavailable."""
        dsn = self._address()
        connection = self._reused(dsn) or read_only_connection(dsn)
        try:
            with transaction(connection) as cursor:
                _limit(cursor)
                yield cursor
        except BaseException:
            connection.close()
            raise
        self._keep(dsn, connection)

    def _reused(self, dsn: str) -> Connection | None:
        """An idle connection that still works, None if there is none; those that do not work are closed."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                opened_for, connection = self._idle.pop()
            if opened_for == dsn and _works(connection):
                return connection
            connection.close()

    def _keep(self, dsn: str, connection: Connection) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE:
                self._idle.append((dsn, connection))
                return
        connection.close()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()


def _limit(cursor: Cursor) -> None:
    cursor.execute("set local statement_timeout = %s", (f"{QUERY_SECONDS}s",))


def _works(connection: Connection) -> bool:
    """Whether the server still answers on it: it may have been started again."""
    try:
        with transaction(connection) as cursor:
            cursor.execute("select")
    except TickstreamError:
        return False
    return True
