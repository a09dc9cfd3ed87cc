"""Update a database schema: each file of db/migrations is applied once, in order, in one transaction with its record.

python -m db.migrate        update the configured database
"""

import sys
from pathlib import Path

from shared.observability.heartbeat import long_step
from shared.postgres.database import (
    LIMITS,
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
LOCK = 7_205_801
"""Key of the advisory lock by which parts that start together migrate one after the other."""

LONGEST_SECONDS = 3600
"""Longest time that a migration of large tables may take without a heartbeat."""


def migrate(dsn: str) -> list[str]:
    """Apply the missing migrations; returns their names. Raises Unavailable.

    Raises ConfigError if the database can't store every text, because its encoding is not UTF8.
    """
    with long_step(LONGEST_SECONDS):
        return _applied(dsn)


def _applied(dsn: str) -> list[str]:
    connection = connect(dsn, "migrate")
    try:
        require_every_text(connection)
        with transaction(connection) as cursor:
            _wait_for_others(cursor)
            cursor.execute(
                "create table if not exists migrations"
                " (name text primary key, applied_at timestamptz not null default now())"
            )
            cursor.execute("select name from migrations")
            done = {name for (name,) in cursor.fetchall()}
            missing = [path for path in sorted(MIGRATIONS.glob("*.sql")) if path.name not in done]
            for path in missing:
                cursor.execute(path.read_text(encoding="utf-8"))
                cursor.execute("insert into migrations (name) values (%s)", (path.name,))
        return [path.name for path in missing]
    finally:
        connection.close()


def _wait_for_others(cursor: Cursor) -> None:
    """Hold the advisory lock until the end of the transaction.

    Others wait for it as long as a migration may take; a frozen one is ended by the server. All other locks keep the
    short limit, because every later statement would queue behind a migration that waits for them.
    """
    allow_hours(cursor)
    cursor.execute("select set_config('lock_timeout', %s, true)", (f"{LONGEST_SECONDS}s",))
    cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    cursor.execute("select set_config('lock_timeout', %s, true)", (LIMITS["lock_timeout"],))


def _migrate(config: Config, _: Stop) -> None:
    with servers(config, kafka=False) as ready:
        done = migrate(make_database(ready.postgres.dsn_for("postgres"), ready.database()))
    print(f"{config.database()}: {', '.join(done) or 'the schema is up to date'}.")


if __name__ == "__main__":
    sys.exit(run_part("migrate", __doc__, _migrate))
