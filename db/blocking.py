"""Names the sessions that a statement waits for."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from shared.errors import TickstreamError
from shared.postgres.database import Connection, connect, transaction

LOOK_SECONDS = 0.5
"""Interval between two looks, and how long a statement runs before the first one."""

AHEAD = """
    select format(
        'process %%s (%%s%%s)', pid, coalesce(nullif(application_name, ''), usename, backend_type),
        to_char(xact_start at time zone 'UTC', '", in a transaction since "YYYY-MM-DD HH24:MI:SS" UTC"')
    ) from pg_stat_activity where pid = any(pg_blocking_pids(%s)) order by xact_start
"""
"""A user without the right to see others' statistics does not see since when their transactions exist."""


@contextmanager
def sessions_ahead(dsn: str, pid: int) -> Iterator[list[str]]:
    """The sessions that the session `pid` waits for in this context, as of the last look that found any: each with its
    process id, its name, and the beginning of its transaction."""
    found: list[str] = []
    ended = threading.Event()
    looking = threading.Thread(target=_look, args=(dsn, pid, found, ended), daemon=True)
    looking.start()
    try:
        yield found
    finally:
        ended.set()
        looking.join()


def _look(dsn: str, pid: int, found: list[str], ended: threading.Event) -> None:
    """Most statements end before the first look. If the server can't be reached, the statement itself reports it."""
    if ended.wait(LOOK_SECONDS):
        return
    with suppress(TickstreamError), closing(connect(dsn, "migrate")) as connection:
        while not ended.wait(LOOK_SECONDS):
            found[:] = _ahead_of(connection, pid) or found


def _ahead_of(connection: Connection, pid: int) -> list[str]:
    with transaction(connection) as cursor:
        cursor.execute(AHEAD, (pid,))
        return [session for (session,) in cursor.fetchall()]
