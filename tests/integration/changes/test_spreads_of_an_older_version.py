"""A database whose bars have no spreads yet: they get them from the log, once."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5

import pytest

from analytics.store.tables import bars_until
from db.migrate import migrate
from shared.postgres.database import Connection, connect, transaction
from tests.copied import database_with_tables
from tests.integration.fold_runs import OLD, fold, log_of

MIGRATION = "0027_spreads.sql"
LOG = log_of(100)
NEVER = 2**40


def rows(connection: Connection, name: str) -> list[str]:
    """The rows of a table, whatever the order of its columns."""
    with transaction(connection) as cursor:
        cursor.execute(f"select to_jsonb(t)::text from {name} t order by 1")
        return [text for (text,) in cursor.fetchall()]


@pytest.fixture
def dsns(embedded_postgres: str, request: pytest.FixtureRequest) -> list[str]:
    """A database to be made an older one, and one to compare with."""
    test = md5(request.node.nodeid.encode()).hexdigest()
    return [database_with_tables(embedded_postgres, f"{which}_{test}") for which in ("older", "fresh")]


@pytest.fixture
def fresh(dsns: list[str]) -> Iterator[Connection]:
    with closing(connect(dsns[1], "test")) as connection:
        fold(connection, OLD, LOG, len(LOG), killed=False)
        yield connection


@pytest.fixture
def updated(dsns: list[str]) -> Iterator[Connection]:
    """Folded by the version before, then updated."""
    with closing(connect(dsns[0], "test")) as connection:
        fold(connection, OLD, LOG, len(LOG), killed=False)
        with transaction(connection) as cursor:
            for name in ("bars", "open_bars"):
                cursor.execute(f"alter table {name} drop column spread")
            cursor.execute("delete from migrations where name = %s", (MIGRATION,))
            cursor.execute(
                "update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '19')::text"
            )
        connection.commit()
        assert migrate(dsns[0]) == [MIGRATION]
        yield connection


def test_bars_of_an_older_version_get_their_spreads_when_the_log_is_read_again(
    updated: Connection, fresh: Connection
) -> None:
    with transaction(updated) as cursor:
        assert {bar.spread for bar in bars_until(cursor, "ACME", "1m", NEVER)} == {None}
    fold(updated, OLD, LOG, len(LOG), killed=False)
    with transaction(updated) as cursor:
        assert None not in {bar.spread for bar in bars_until(cursor, "ACME", "1m", NEVER)}
    for name in ("bars", "open_bars", "indicators"):
        assert rows(updated, name) == rows(fresh, name), name
