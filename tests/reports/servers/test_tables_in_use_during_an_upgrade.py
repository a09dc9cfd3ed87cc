"""Scenario: an upgrade adds the column of an indicator while somebody has a transaction open that has read the table,
for example in psql. The upgrade waited half a minute for it at each try, every read of the page waited behind the
upgrade, and the error did not name the session."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from analytics.indicators.catalog import STORED
from db import migrate as migrating
from db.migrate import migrate
from shared.errors import Locked
from shared.postgres.database import Connection, connect, make_database, transaction
from tests.waiting import wait_for

COLUMN = STORED[-1].outputs[-1].name
ADDED = [f"{table}.{COLUMN}" for table in ("indicators", "open_bars")]
WAITING = (
    "select count(*) from pg_locks join pg_database d on d.oid = database where datname = current_database()"
)
READER_LIMIT = "10s"
"""A third of what a read waited before, and five times the limit of now."""


@pytest.fixture
def dsn(embedded_postgres: str, request: pytest.FixtureRequest) -> str:
    """A database whose tables lack the column of the newest indicator."""
    dsn = make_database(embedded_postgres, f"in_use_{request.node.name.encode().hex()[-40:]}")
    migrate(dsn)
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        for table in ("indicators", "open_bars"):
            cursor.execute(f'alter table {table} drop column "{COLUMN}"')
    return dsn


@contextmanager
def open_transaction(dsn: str, table: str) -> Iterator[Connection]:
    """A session that has read a table and does nothing more in its transaction."""
    with closing(connect(dsn, "analyst")) as connection, connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        yield connection


def is_waiting(connection: Connection) -> bool:
    """Whether a session of this database waits for a lock."""
    with transaction(connection) as cursor:
        cursor.execute(f"{WAITING} and not granted")
        ((count,),) = cursor.fetchall()
    return bool(count)


@pytest.mark.parametrize("table", ["indicators", "open_bars"])
def test_error_names_the_session_that_uses_the_tables(
    dsn: str, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "ATTEMPTS", 2)
    with open_transaction(dsn, table) as holder:
        pid = holder.info.backend_pid
        named = (
            rf"process {pid} \(tickstream analyst, in a transaction since 20\d\d-\d\d-\d\d [\d:]{{8}} UTC\)"
        )
        with pytest.raises(Locked, match=f"in an open transaction: {named}. End that transaction"):
            migrate(dsn)
        holder.rollback()
        assert migrate(dsn) == ADDED


@pytest.mark.parametrize("table", ["indicators", "open_bars"])
def test_page_is_answered_while_an_upgrade_waits_which_succeeds_when_the_tables_are_free(
    dsn: str, table: str
) -> None:
    with (
        closing(connect(dsn, "page")) as page,
        open_transaction(dsn, table) as holder,
        ThreadPoolExecutor(1) as pool,
    ):
        upgrade = pool.submit(migrate, dsn)
        for _ in range(2):
            wait_for(lambda: is_waiting(page))
            with transaction(page) as cursor:
                cursor.execute(f"set local lock_timeout = '{READER_LIMIT}'")
                cursor.execute(f"select count(*) from {table}")
        wait_for(lambda: is_waiting(page))
        holder.rollback()
        assert upgrade.result() == ADDED
