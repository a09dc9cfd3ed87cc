"""A table contains exactly what COPY wrote in the binary format."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from struct import pack

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.postgres.binary_copy import (
    boolean_arrays,
    booleans,
    copy_fields,
    double_arrays,
    microseconds,
    text,
)
from shared.postgres.database import Connection, connect, transaction

COLUMNS = ("name", "time", "numbers", "flags", "gappy")

numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=6, max_size=6)
flags = st.lists(st.booleans(), min_size=6, max_size=6)
some_flags = st.lists(st.none() | st.booleans(), min_size=1, max_size=5)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
seconds = st.integers(0, 4_000_000_000)
rows = st.tuples(names, seconds, numbers, flags, some_flags)
Row = tuple[str, int, list[float], list[bool], list[bool | None]]


@pytest.fixture(scope="module")
def connection(embedded_postgres: str) -> Iterator[Connection]:
    with closing(connect(embedded_postgres, "test")) as open_connection:
        with transaction(open_connection) as cursor:
            cursor.execute(
                "create temp table copied (place serial, name text, time timestamptz, numbers double precision[],"
                " flags boolean[], gappy boolean[])"
            )
        yield open_connection


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=20))
def test_arrays_texts_and_times_arrive_as_they_are(connection: Connection, given_rows: list[Row]) -> None:
    fields = zip(
        [text(row[0]) for row in given_rows],
        [pack(">iq", 8, microseconds(row[1])) for row in given_rows],
        double_arrays(np.array([row[2] for row in given_rows]), (2, 3)),
        boolean_arrays(np.array([row[3] for row in given_rows]), (6,)),
        [booleans(tuple(row[4])) for row in given_rows],
        strict=True,
    )
    with transaction(connection) as cursor:
        cursor.execute("truncate copied")
        copy_fields(cursor, "copied", COLUMNS, fields)
        cursor.execute("select name, time, numbers, flags, gappy from copied order by place")
        found = cursor.fetchall()
    expected = [
        (name, datetime.fromtimestamp(second, UTC), [values[:3], values[3:]], marks, some)
        for name, second, values, marks, some in given_rows
    ]
    assert repr(found) == repr(expected), "as text, zeros differ by their sign"
