"""A table contains exactly what COPY wrote."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import make_dsn

from shared.errors import ConfigError, StopPart, Unavailable
from shared.postgres.database import Connection, connect, copy_rows, make_database, transaction

COLUMNS = ("number", "text", "price", "time")
Row = tuple[int, str | None, float | None, datetime | None]

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
prices = st.floats(allow_nan=False, allow_infinity=False)
zones = st.sampled_from([UTC, timezone(timedelta(hours=-4)), timezone(timedelta(hours=5, minutes=30))])
times = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=zones)
rows = st.tuples(st.integers(-(2**63), 2**63 - 1), st.none() | texts, st.none() | prices, st.none() | times)


@pytest.fixture(scope="module")
def connection(embedded_postgres: str) -> Iterator[Connection]:
    with closing(connect(embedded_postgres, "test")) as open_connection:
        with transaction(open_connection) as cursor:
            cursor.execute(
                "create temp table copied (number bigint, text text, price double precision, time timestamptz)"
            )
        yield open_connection


def copied(connection: Connection, given_rows: list[Row]) -> list[Row]:
    """The rows as the table gives them back."""
    with transaction(connection) as cursor:
        cursor.execute("truncate copied")
        copy_rows(cursor, "copied", COLUMNS, given_rows)
        cursor.execute("select number, text, price, time from copied")
        return list(cursor.fetchall())


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=20))
def test_rows_arrive_as_they_are(connection: Connection, some: list[Row]) -> None:
    assert copied(connection, some) == some


@pytest.mark.parametrize(
    "text", ["null", "", '"', '\\"', "\\N", "\\.", "]\n[", "a,b", "tab\tnewline\nreturn\r\x01", "Ünïcödé €"]
)
def test_text_that_means_something_to_copy_stays_text(connection: Connection, text: str) -> None:
    some: list[Row] = [(1, text, 1.5, None), (2, None, 0.1 + 0.2, None)]
    assert copied(connection, some) == some


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"user": "nobody", "password": "x"}])
def test_refused_user_is_reported_as_a_wrong_setting(embedded_postgres: str, wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"POSTGRES_USER and POSTGRES_PASSWORD .* authentication failed"):
        connect(make_dsn(embedded_postgres, **wrong), "test")


def test_user_without_the_right_to_create_the_database_is_reported_as_a_wrong_setting(
    connection: Connection, embedded_postgres: str
) -> None:
    with transaction(connection) as cursor:
        cursor.execute("create role reader login password 'reader'")
    reader = make_dsn(embedded_postgres, user="reader", password="reader")
    with pytest.raises(ConfigError, match="permission denied to create database"):
        make_database(reader, "of_the_reader")


def test_statement_that_fails_for_good_stops_the_part_and_leaves_the_connection_usable(
    connection: Connection,
) -> None:
    for statement in ("select 1 / 0", "select no_such_column", "insert into copied values ('not a number')"):
        with pytest.raises(StopPart, match="rejected a statement"), transaction(connection) as cursor:
            cursor.execute(statement)
    with transaction(connection) as cursor:
        cursor.execute("select 1")


def test_connection_that_the_server_ends_is_a_reason_to_try_again(embedded_postgres: str) -> None:
    with closing(connect(embedded_postgres, "test")) as broken:
        with pytest.raises(Unavailable), transaction(broken) as cursor:
            cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        with pytest.raises(Unavailable), transaction(broken) as cursor:
            cursor.execute("select 1")
