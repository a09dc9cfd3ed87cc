"""Update a database schema: each file of db/migrations is applied once, in order, in one transaction with its record.

The columns of indicators are the one part of the schema that is made from code: those that are in the catalog and not
in the tables are added.

python -m db.migrate        update the configured database
"""

import sys
import time
from contextlib import closing, suppress
from pathlib import Path

from analytics.indicators.catalog import COLUMNS
from db.blocking import sessions_ahead
from shared.errors import ConfigError, Locked
from shared.observability.heartbeat import long_step
from shared.postgres.database import (
    Connection,
    Cursor,
    allow_hours,
    connect,
    make_database,
    require_every_text,
    transaction,
)
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import Stop, servers
from shared.settings.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
WITH_INDICATORS = ("indicators", "open_bars")
"""The tables with a column for every indicator."""
LOCK = 7_205_801
"""Key of the advisory lock by which parts that start together migrate one after the other."""

LOCK_LIMIT = "2s"
"""Longest wait for the lock of a table, and so of the page's reads that queue behind it. In the pause before the next
attempt they are answered."""
ATTEMPTS = 5
PAUSE_SECONDS = 1.0

LONGEST_SECONDS = 3600
"""Longest time that a migration of large tables may take without a heartbeat."""


def migrate(dsn: str) -> list[str]:
    """Apply the missing migrations and add missing columns; returns the names of both. Raises Unavailable, and
    Locked if another session holds a lock of a table for longer than several attempts.

    Raises ConfigError if the database can't store every text, because its encoding is not UTF8, or was updated by a
    newer version.
    """
    with long_step(LONGEST_SECONDS):
        return _applied(dsn)


def _applied(dsn: str) -> list[str]:
    with closing(connect(dsn, "migrate")) as connection:
        require_every_text(connection)
        for _ in range(ATTEMPTS - 1):
            with suppress(Locked):
                return _attempt(dsn, connection)
            time.sleep(PAUSE_SECONDS)
        return _attempt(dsn, connection)


def _attempt(dsn: str, connection: Connection) -> list[str]:
    """Raises Locked, naming the sessions that hold the locks."""
    with sessions_ahead(dsn, connection.info.backend_pid) as ahead:
        try:
            with transaction(connection) as cursor:
                return _update(cursor)
        except Locked as error:
            raise Locked(
                "The tables can't be updated while another session uses them in an open transaction: "
                f"{', '.join(ahead) or 'it has ended meanwhile'}. End that transaction, for example with "
                "pg_terminate_backend."
            ) from error


def _update(cursor: Cursor) -> list[str]:
    _wait_for_others(cursor)
    cursor.execute(
        "create table if not exists migrations"
        " (name text primary key, applied_at timestamptz not null default now())"
    )
    cursor.execute("select name from migrations")
    done = {name for (name,) in cursor.fetchall()}
    paths = sorted(MIGRATIONS.glob("*.sql"))
    _require_known(done - {path.name for path in paths})
    missing = [path for path in paths if path.name not in done]
    for path in missing:
        cursor.execute(path.read_text(encoding="utf-8"))
        cursor.execute("insert into migrations (name) values (%s)", (path.name,))
    return [*(path.name for path in missing), *_add_columns(cursor)]


def _require_known(newer: set[str]) -> None:
    """Raise ConfigError if the tables have migrations that this version lacks: it would misread what they changed."""
    if newer:
        raise ConfigError(
            f"The tables were updated by a newer version of Tickstream ({', '.join(sorted(newer))}). Start that "
            "version, or restore the copy of the data from before the update, or set another POSTGRES_DB."
        )


def _add_columns(cursor: Cursor) -> list[str]:
    """Add a column for each indicator that has none; returns names such as indicators.rsi.

    Stored rows have no value in it until the analytics part has calculated it.
    """
    cursor.execute(
        """select t.name, c.name
        from unnest(%s::text[]) with ordinality as t(name, place), unnest(%s::text[]) with ordinality as c(name, place)
        where not exists (select from pg_attribute where attrelid = to_regclass(t.name) and attname = c.name)
        order by t.place, c.place""",
        (list(WITH_INDICATORS), list(COLUMNS)),
    )
    missing = cursor.fetchall()
    for table, name in missing:
        cursor.execute(f'alter table {table} add column "{name}" double precision')
    return [f"{table}.{name}" for table, name in missing]


def _wait_for_others(cursor: Cursor) -> None:
    """Hold the advisory lock until the end of the transaction.

    Others wait for it as long as a migration may take; a frozen one is ended by the server. All other locks have a
    short limit, because every later statement, even a read, queues behind a migration that waits for them.
    """
    allow_hours(cursor)
    cursor.execute("select set_config('lock_timeout', %s, true)", (f"{LONGEST_SECONDS}s",))
    cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    cursor.execute("select set_config('lock_timeout', %s, true)", (LOCK_LIMIT,))


def _migrate(config: Config, _: Stop) -> None:
    with servers(config, kafka=False) as ready:
        done = migrate(make_database(ready.postgres.dsn_for("postgres"), ready.database()))
    print(f"{config.database()}: {', '.join(done) or 'the schema is up to date'}.")


if __name__ == "__main__":
    sys.exit(run_part("migrate", __doc__, _migrate))
