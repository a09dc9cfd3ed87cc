"""Scenario: the clock of the machine was fast, and is set right. Rows written with the fast clock are in the future and
do not count as current until that time."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from dashboard.read.sql import queries
from ml.training.training_tables import messages_to_come
from shared.postgres.database import Cursor, connect, transaction
from tests.integration.desk import Desk


@pytest.fixture
def cursor(desk: Desk) -> Iterator[Cursor]:
    """Tables in which two instances of each part gave signs; one of them still does, by the right clock."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
            select part, instance, state, '', lag, 1.0, now(), seen_at
            from unnest(array['storage', 'analytics']) as part cross join (values
                ('ended', 'running', 100000, now() + interval '1 day'),
                ('at work', 'running', 7, now())) as told (instance, state, lag, seen_at)"""
        )
        yield cursor


def test_an_ended_part_does_not_hide_the_state_of_the_running_one(cursor: Cursor) -> None:
    for part in queries.read_parts(cursor).values():
        assert (part.instances, part.lag) == (1, 7)
        assert part.age == pytest.approx(0.0, abs=5.0)
    assert messages_to_come(cursor) == 7
