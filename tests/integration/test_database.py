"""What COPY takes is what the table holds."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.database import Connection, connect, copy_rows, transaction

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
