"""The delivery part as a process, on a database of the test's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from shared.postgres.database import connect, transaction
from tests.conftest import PROJECT


def environment(dsn: str, data: Path, *urls: str, **settings: str) -> dict[str, str]:
    """The environment of a process that delivers the alerts of this database."""
    return {
        **os.environ,
        "POSTGRES_DSN": dsn,
        "TICKSTREAM_DATA": str(data),
        "ALERT_URLS": " ".join(urls),
        "ALERT_SEND_SECONDS": "5",
        "RETRY_DELAY": "0.1",
        **settings,
    }


@contextmanager
def process(variables: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The running part, killed at the end; its log is appended to a file."""
    with log.open("ab") as out:
        part = subprocess.Popen(
            [sys.executable, "-m", "delivery.delivery"], cwd=PROJECT, env=variables, stdout=out, stderr=out
        )
        try:
            yield part
        finally:
            part.send_signal(signal.SIGKILL)
            part.wait()


def states(dsn: str) -> dict[str, int]:
    """How many deliveries are in each state."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("select state, count(*) from delivery_attempts group by 1")
        return dict(cursor.fetchall())


def text_of(dsn: str, tables: tuple[str, ...]) -> str:
    """Every row of the tables as text."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        rows = []
        for table in tables:
            cursor.execute(f"select t::text from {table} t")
            rows += [row for (row,) in cursor.fetchall()]
        return "\n".join(rows)
