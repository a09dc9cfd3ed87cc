"""Bring a database up to date: each file of db/migrations once, in order, with its record in one transaction.

python -m db.migrate        brings the configured database up to date
"""

import sys
from pathlib import Path

from shared.command_line import run_part
from shared.config import Config
from shared.database import connect, make_database, transaction
from shared.parts import Stop, servers

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


def _migrate(config: Config, _: Stop) -> None:
    with servers(config, kafka=False) as ready:
        done = migrate(make_database(ready.postgres.dsn_for("postgres"), ready.database()))
    print(f"{config.database()}: {', '.join(done) or 'nothing to do, it is up to date'}.")


if __name__ == "__main__":
    sys.exit(run_part("migrate", __doc__, _migrate))
