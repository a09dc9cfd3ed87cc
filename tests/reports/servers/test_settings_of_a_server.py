"""A PostgreSQL of the user whose settings change the meaning of statements, texts or numbers."""

from contextlib import closing
from datetime import timedelta

import psycopg2
import pytest
from psycopg2 import sql

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from db.migrate import migrate
from shared.errors import ConfigError
from shared.kafka import partition_of
from shared.market.records import Quote
from shared.postgres.database import connect, copy_rows, make_database, transaction
from tests.inputs.noon_records import NOON
from tests.integration.desk import Desk

PRICE, SIZE = 0.1 + 0.2, 1 / 3
NAMES = ["Nestlé S.A.", "トヨタ自動車"]


def as_administrator(dsn: str, statement: sql.Composed) -> None:
    with closing(psycopg2.connect(dsn)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def database_in(dsn: str, encoding: str, name: str) -> str:
    """The DSN of a new database in this encoding."""
    statement = "create database {} encoding {} locale 'C' template template0"
    as_administrator(dsn, sql.SQL(statement).format(sql.Identifier(name), sql.Literal(encoding)))
    return make_database(dsn, name)


@pytest.mark.parametrize(
    "setting",
    [
        "extra_float_digits = 0",
        "standard_conforming_strings = off",
        "datestyle = 'German, DMY'",
        "bytea_output = 'escape'",
        "client_encoding = 'LATIN1'",
        "default_transaction_isolation = 'serializable'",
    ],
)
def test_every_digit_comes_back_whatever_the_server_has_set(setting: str, desk: Desk) -> None:
    """Reported to psycopg2 and lib/pq: 0.30000000000000004 comes back as 0.3.

    Scenario: statements that a server with the old rules of quotes can't read."""
    name = sql.Identifier(desk.config.database())
    as_administrator(desk.database(), sql.SQL("alter database {} set " + setting).format(name))
    times = [NOON + timedelta(seconds=second) for second in range(0, 120, 10)]
    quotes = [
        Quote(
            symbol="AAA",
            event_time=time,
            price=PRICE,
            size=SIZE,
            source="test",
            position=n,
            received_time=time,
        )
        for n, time in enumerate(times)
    ]
    desk.publish(quotes, partition_of(b"AAA", 2))
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
    assert desk.rows("select distinct price, size from quotes") == [(PRICE, SIZE)]
    assert desk.rows("select open, close from bars where interval = '1m'") == [(PRICE, PRICE)]


@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
@pytest.mark.parametrize("of_client", ["UTF8", "LATIN1", "SQL_ASCII"])
def test_every_text_comes_back_whatever_the_client_machine_has_set(
    encoding: str, of_client: str, embedded_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reported to psycopg2 and others: 'ascii' codec can't encode character."""
    monkeypatch.setenv("PGCLIENTENCODING", of_client)
    dsn = database_in(embedded_postgres, encoding, f"texts_{encoding}_{of_client}".lower())
    migrate(dsn)
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        rows = [(str(number), "yahoo", text, NOON) for number, text in enumerate(NAMES)]
        copy_rows(cursor, "companies", ("symbol", "source", "name", "fetched_at"), rows)
        cursor.execute("update companies set name = name || %s", ("é",))
        cursor.execute("select name from companies order by symbol")
        assert [stored for (stored,) in cursor.fetchall()] == [text + "é" for text in NAMES]


def test_database_that_can_not_store_every_text_is_refused_with_what_to_do(embedded_postgres: str) -> None:
    with pytest.raises(ConfigError, match=r"encoded in LATIN1.*createdb --encoding=UTF8"):
        migrate(database_in(embedded_postgres, "LATIN1", "texts_of_the_west"))
