"""Values that the analytics part calculates again reach the charts: after an upgrade, new settings, or a table cut."""

import json
from contextlib import closing

import pytest

from dashboard.read.read_model import ReadModel
from dashboard.read.reading import read_rebuild
from dashboard.read.snapshot import NO_REBUILD
from shared.postgres.database import Connection, connect, transaction
from tests.copied import database_with_tables
from tests.inputs.page_rows import MONDAY_NOON
from tests.screen_rows import MINUTE, fill
from tests.waiting import wait_for

KEY = ("AAA", "1m")


def mark(connection: Connection, **state: object) -> None:
    """Keep a partition's state as the analytics part does."""
    with transaction(connection) as cursor:
        cursor.execute("delete from partition_snapshots")
        cursor.execute("insert into partition_snapshots values ('g', 't', 0, 5, %s)", (json.dumps(state),))


@pytest.mark.parametrize("manner", ["rewriting", "remaking"])
def test_chart_that_was_read_while_indicators_were_rebuilt_is_read_again(
    embedded_postgres: str, manner: str
) -> None:
    """Scenario: after an upgrade a chart that was opened at once kept the old indicators until the next restart."""
    dsn = database_with_tables(embedded_postgres, f"screen_{manner}")
    model = ReadModel(lambda: dsn, "live", 1000, 1, "test", "test")
    with closing(connect(dsn, "test")) as connection:
        with transaction(connection) as cursor:
            fill(cursor, {"AAA": 10.0}, MONDAY_NOON, bars=5)
        mark(connection, version=1, **{manner: True})
        model.start()
        wait_for(lambda: model.snapshot.reading.rebuild.is_going_on)
        before = model.snapshot.generation
        assert {bar.indicators.rsi for bar in model.closed_bars(KEY, 5, None)[0]} == {55.0}
        with transaction(connection) as cursor:
            cursor.execute("update indicators set rsi = 44")
        mark(connection, version=1)
        wait_for(lambda: model.snapshot.generation > before)
        assert {bar.indicators.rsi for bar in model.closed_bars(KEY, 5, None)[0]} == {44.0}
        model.stop()


def test_states_are_looked_through_only_where_one_was_written_since(embedded_postgres: str) -> None:
    """Scenario: the whole states of all partitions were taken apart with every read, four times a second."""
    dsn = database_with_tables(embedded_postgres, "screen_states")
    with closing(connect(dsn, "test")) as connection:
        mark(connection, version=1, remaking=True)
        with transaction(connection) as cursor:
            found = read_rebuild(cursor, NO_REBUILD)
            assert found.is_going_on
            other = found._replace(is_going_on=False)
            assert read_rebuild(cursor, other) is other, "the same versions: not asked"
        mark(connection, version=1)
        with transaction(connection) as cursor:
            assert not read_rebuild(cursor, found).is_going_on


def test_bars_of_tables_that_were_cut_back_are_forgotten(embedded_postgres: str) -> None:
    """Scenario: the tables were cut back under a screen that ran on, and its charts kept the bars of before."""
    dsn = database_with_tables(embedded_postgres, "screen_cut_back")
    model = ReadModel(lambda: dsn, "live", 1000, 1, "test", "test")
    with closing(connect(dsn, "test")) as connection:
        with transaction(connection) as cursor:
            fill(cursor, {"AAA": 10.0, "BBB": 20.0}, MONDAY_NOON, bars=5)
        model.start()
        wait_for(lambda: "AAA" in model.snapshot.reading.symbols)
        assert len(model.closed_bars(KEY, 100, None)[0]) == 5
        with transaction(connection) as cursor:
            for table in ("symbols", "bars", "indicators"):
                cursor.execute(f"delete from {table} where symbol = 'AAA'")
        wait_for(lambda: "AAA" not in model.snapshot.reading.symbols)
        with transaction(connection) as cursor:
            fill(cursor, {"AAA": 10.0}, MONDAY_NOON - MINUTE, bars=3)
        wait_for(lambda: "AAA" in model.snapshot.reading.symbols)
        assert [bar.start for bar in model.closed_bars(KEY, 100, None)[0]] == [
            MONDAY_NOON - back * MINUTE for back in (4, 3, 2)
        ]
        model.stop()
