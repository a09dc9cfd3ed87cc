"""Report: the history route answered 503 under load: a statement was ended after three seconds.

PostgreSQL plans by its statistics, which include a new history only after some time; for a large table, much later.
Until then it assumed that a symbol has no rows, and compared each bar of an answer with every row of the symbol's
indicators.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest

from dashboard.read.sql import forecast_queries, queries
from shared.postgres.database import Cursor, connect, transaction
from tests.copied import database_with_tables
from tests.screen_rows import at

START, BARS, PAGE = 1_763_985_600, 4000, 300
BAR = """insert into bars (symbol, interval, start, "end", open, high, low, close, volume, quotes, session, source)
    select s, '1m', t, t + interval '1 minute', 100, 101, 99, 100, 1000, 9, 'regular', 'test'
    from generate_series(%(start)s::timestamptz, %(end)s, '1 minute') t, unnest(%(symbols)s::text[]) s"""
INDICATORS = """insert into indicators (symbol, interval, start, rsi)
    select symbol, interval, start, 55 from bars where symbol = any(%(symbols)s)"""
FORECASTS = """insert into forecasts (symbol, interval, start, model, made_at, number, p, d, q, version, close, levels,
        mean, sigma, lower, upper)
    select symbol, interval, start, m, start, 1, 0, 1, 0, 0, 100, '{0.95}', '{100}', '{0.01}', '{{99}}', '{{101}}'
    from bars, unnest('{naive,arima}'::text[]) m where symbol = any(%(symbols)s)"""
READ = """select coalesce(sum(seq_tup_read + idx_tup_fetch), 0) from pg_stat_xact_user_tables
    where relname = any('{bars,indicators,forecasts}')"""


def write(cursor: Cursor, symbols: list[str], bars: int) -> None:
    """Bars, indicators and forecasts of so many minutes."""
    given = {"start": at(START), "end": at(START + 60 * (bars - 1)), "symbols": symbols}
    for statement in (BAR, INDICATORS, FORECASTS):
        cursor.execute(statement, given)


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str) -> str:
    """Statistics of a hundred symbols, then the whole history of another one."""
    made = database_with_tables(embedded_postgres, "just_received")
    with closing(connect(made, "test")) as connection, transaction(connection) as cursor:
        for table in ("bars", "indicators", "forecasts"):
            cursor.execute(f"alter table {table} set (autovacuum_enabled = false)")
        write(cursor, [f"S{number}" for number in range(100)], 50)
        cursor.execute("analyze bars, indicators, forecasts")
        write(cursor, ["BIG"], BARS)
    return made


@pytest.fixture
def cursor(dsn: str) -> Iterator[Cursor]:
    """A transaction of its own: PostgreSQL counts the rows that are read in it."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as opened:
        yield opened


def rows_read(cursor: Cursor) -> int:
    """How many rows of the tables this transaction has read so far."""
    cursor.execute(READ)
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("before", [None, START + 60 * BARS // 2])
def test_page_of_bars_reads_no_more_rows_than_it_has(cursor: Cursor, before: int | None) -> None:
    found = queries.read_newest_bars(cursor, "BIG", "1m", PAGE, before)
    assert len(found) == PAGE and found[-1].indicators.rsi == 55
    assert rows_read(cursor) <= 2 * PAGE


def test_bars_that_are_newer_are_found_without_reading_the_others(cursor: Cursor) -> None:
    after = START + 60 * (BARS - PAGE - 1)
    found = queries.read_bars_since(cursor, {("BIG", "1m"): after, ("S1", "1m"): START}, PAGE)
    assert [len(found["BIG", "1m"]), len(found["S1", "1m"])] == [PAGE, 49]
    assert rows_read(cursor) <= 2 * (PAGE + 49)


def test_past_forecasts_read_no_more_rows_than_they_have(cursor: Cursor) -> None:
    found = forecast_queries.read_past_forecasts(cursor, ("BIG", "1m"), "arima", 0.95, PAGE)
    assert len(found) == PAGE and found[-1].low == 99
    assert rows_read(cursor) <= 4 * PAGE
