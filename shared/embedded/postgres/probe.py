"""Checks whether a PostgreSQL responds to `select 1` within a time limit; a suspended server does not."""

import selectors
import time
from contextlib import closing

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, connection


def responds(dsn: str, seconds: float) -> bool:
    """Whether the server answers or rejects `select 1` within `seconds`.

    Uses an asynchronous connection, because libpq has no time limit for an answer.
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
    except psycopg2.Error:  # it responds, with an error
        return True
    return True


def _wait(asked: connection, until: float) -> None:
    """Raises TimeoutError if the server does not respond in time, psycopg2.Error if it reports an error."""
    while (state := asked.poll()) != POLL_OK:
        with selectors.DefaultSelector() as selector:
            wanted = selectors.EVENT_READ if state == POLL_READ else selectors.EVENT_WRITE
            selector.register(asked.fileno(), wanted)
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError
