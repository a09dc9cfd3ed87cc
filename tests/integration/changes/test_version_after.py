"""A database of a newer version: it is refused with a sentence and left as it is.

Reports: OctopusDeploy #5444, openobserve #11099. An earlier version said "the schema is up to date", read the states of
two snapshots as one, and ended with PostgreSQL's error half a minute later.
"""

import pytest

from analytics.runtime.processor import STATE_VERSION
from db.migrate import migrate
from shared.errors import ConfigError
from shared.postgres.database import Connection, Cursor, transaction
from tests.integration.fold_runs import OLD, fold, log_of

NEWER = "9999_of_a_newer_version.sql"
LOG = log_of(5)


def test_tables_with_a_migration_of_a_newer_version_are_refused(dsn: str, connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute("insert into migrations (name) values (%s)", (NEWER,))
        cursor.execute("alter table indicators drop column atr")
    with pytest.raises(ConfigError, match=rf"updated by a newer version of Tickstream \({NEWER}\)"):
        migrate(dsn)
    with transaction(connection) as cursor:
        cursor.execute("select from pg_attribute where attrelid = 'indicators'::regclass and attname = 'atr'")
        assert cursor.rowcount == 0, "nothing was changed"


def snapshots(cursor: Cursor) -> list[tuple[int, str]]:
    cursor.execute("select next_offset, state from partition_snapshots")
    return cursor.fetchall()


def test_snapshot_of_a_newer_version_is_not_replaced(connection: Connection) -> None:
    fold(connection, OLD, LOG, len(LOG), killed=False)
    with transaction(connection) as cursor:
        cursor.execute(
            "update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', %s)",
            (str(STATE_VERSION + 1),),
        )
        before = snapshots(cursor)
    with pytest.raises(ConfigError, match="calculated by a newer version"):
        fold(connection, OLD, LOG, len(LOG), killed=False)
    with transaction(connection) as cursor:
        assert snapshots(cursor) == before
