"""A part that is killed while a snapshot is written in slices leaves the same tables as one that is left alone."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from random import Random

import pytest

from analytics.runtime.processor import Analysis
from analytics.store.snapshot_tables import load_snapshot
from shared.market.messages import encode
from shared.market.records import Quote
from shared.postgres.database import Connection, connect, transaction
from shared.progress.offsets import advance, begin
from shared.settings.analysis_settings import MarketFiguresSettings
from tests.copied import database_with_tables
from tests.integration.brisk_forecasts import MINUTES
from tests.integration.fold_runs import MORNING, READING, LoggedMessage, appended_at, batch_of
from tests.unit.quick_search import pooled

SYMBOLS, QUOTES, STEP = 6, 6 * 2 * 60, 25
TABLES = (
    *("bars", "indicators", "alerts", "forecasts", "forecast_scores", "forecast_records", "forecast_fits"),
    *("open_bars", "symbols", "market_moves", "market_breadth", "market_settings"),
)
MARKET = MarketFiguresSettings(intervals=("1m", "5m"), benchmark="S00", returns=20)


def quote(number: int) -> Quote:
    """The symbols in turn, each twice a minute, at prices that walk up and down."""
    time = MORNING + timedelta(seconds=30 * (number // SYMBOLS), milliseconds=number % SYMBOLS)
    return Quote(
        symbol=f"S{number % SYMBOLS:02}",
        event_time=time,
        price=100 + (number * 7919 % 101) / 10 + number % SYMBOLS,
        size=1.0,
        source="test",
        position=number,
        received_time=time,
        exchange="XNYS",
    )


LOG = [LoggedMessage(number, encode(quote(number)), appended_at(number)) for number in range(QUOTES)]


@pytest.fixture
def connections(
    embedded_postgres: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Connection, Connection]]:
    """Two databases, and snapshots of six symbols that take three slices each."""
    monkeypatch.setattr("analytics.runtime.snapshots.MIN_SYMBOLS_A_SLICE", 2)
    monkeypatch.setattr("analytics.runtime.partition.SNAPSHOT_MESSAGES", 50)
    monkeypatch.setattr("analytics.runtime.partition.SNAPSHOT_MESSAGES_A_SYMBOL", 1)
    one, other = (database_with_tables(embedded_postgres, f"slices_{which}") for which in "ab")
    with closing(connect(one, "test")) as first, closing(connect(other, "test")) as second:
        yield first, second


def run_until(connection: Connection, chance: Random | None) -> tuple[bool, bool]:
    """One process of the part, to the end of the log or to a kill, which is more likely between two slices.

    Returns whether it reached the end, and whether it was killed between two slices.
    """
    with closing(Analysis(READING, MINUTES, pooled(), market=MARKET)) as analysis:
        with transaction(connection) as cursor:
            written = begin(cursor, READING, 0, 0)
            first = analysis.resume(cursor, 0, written)
        if first < written:
            analysis.refold(batch_of(LOG[first:written]))
        while written < len(LOG):
            batch = batch_of(LOG[written : written + STEP])
            analysis.fold(batch)
            with transaction(connection) as cursor:
                advance(cursor, READING, [batch.step])
                analysis.write(cursor)
            written = batch.step.reached
            analysis.between_commits(connection)
            is_between = analysis._partitions[0].saving is not None
            if chance is not None and chance.random() < (0.25 if is_between else 0.05):
                return False, is_between
        analysis.finish(connection)
    return True, False


def rows(connection: Connection, table: str) -> list[str]:
    """The rows of a table in a fixed order, without what depends on the clock."""
    with transaction(connection) as cursor:
        cursor.execute(
            "select (to_jsonb(t) - array['updated_at', 'seconds', 'asked_at'])::text from"
            f' "{table}" t order by 1'
        )
        return [text for (text,) in cursor.fetchall()]


def test_tables_are_those_of_a_run_left_alone(connections: tuple[Connection, Connection]) -> None:
    killed, alone = connections
    chance, kills = Random(1), 0
    while True:
        is_finished, is_between = run_until(killed, chance)
        kills += is_between
        if is_finished:
            break
    run_until(alone, None)
    assert kills >= 4
    for table in TABLES:
        found, expected = rows(killed, table), rows(alone, table)
        assert found == expected, table
        assert found, f"{table} is empty: the runs compare nothing"
    assert rows(killed, "market_changes") == []
    with transaction(killed) as cursor:
        snapshot = load_snapshot(cursor, READING, 0)
    assert snapshot is not None and snapshot.next_offset == len(LOG)
