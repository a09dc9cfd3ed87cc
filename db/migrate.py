"""Bring a database up to date: each file of db/migrations once, in order, with its record in one transaction.

    python -m db.migrate        brings the configured database up to date
"""

from pathlib import Path

from shared.database import connect, transaction

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 7_205_801
"""Advisory lock: parts that start together migrate one after the other."""


def migrate(dsn: str) -> list[str]:
    """Apply what is missing; the names of the migrations applied. Raises Unavailable."""
    connection = connect(dsn, "migrate")
    try:
        with transaction(connection) as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
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
