"""A database of a newer version: it is refused with a sentence and left as it is.

Reported to OctopusDeploy and openobserve. An earlier version said "the schema is up to date", read the states of two
snapshots as one, and ended with PostgreSQL's error half a minute later.
"""

import pytest

from db.migrate import migrate
from shared.errors import ConfigError
from shared.postgres.database import Connection, transaction

NEWER = "9999_of_a_newer_version.sql"


def test_tables_with_a_migration_of_a_newer_version_are_refused(dsn: str, connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute("insert into migrations (name) values (%s)", (NEWER,))
        cursor.execute("alter table indicators drop column atr")
    with pytest.raises(ConfigError, match=rf"updated by a newer version of Tickstream \({NEWER}\)"):
        migrate(dsn)
    with transaction(connection) as cursor:
        cursor.execute("select from pg_attribute where attrelid = 'indicators'::regclass and attname = 'atr'")
        assert cursor.rowcount == 0, "nothing was changed"
