"""Whether a PostgreSQL reacts: `select 1` with a limit of time, which a server that is stopped does not keep."""

import selectors
import time
from contextlib import closing

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, connection


def reacts(dsn: str, seconds: float) -> bool:
    """Whether the server answers `select 1`, or refuses it, within so many seconds.

    Without waiting in the library, which has no limit for an answer.
    """
    until = time.monotonic() + seconds
    try:
        with closing(psycopg2.connect(dsn, async_=1, application_name="tickstream watch")) as asked:
            _wait(asked, until)
            with asked.cursor() as cursor:
                cursor.execute("select 1")
                _wait(asked, until)
    except TimeoutError:
        return False
    except psycopg2.Error:  # it is there, and says no
        return True
    return True


def _wait(asked: connection, until: float) -> None:
    """Raises TimeoutError where the server does not go on in time, psycopg2.Error where it refuses."""
    while (state := asked.poll()) != POLL_OK:
        with selectors.DefaultSelector() as selector:
            wanted = selectors.EVENT_READ if state == POLL_READ else selectors.EVENT_WRITE
            selector.register(asked.fileno(), wanted)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
