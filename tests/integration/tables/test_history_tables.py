"""Histories from the tables: the newest bars of each symbol, and the splits among them."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from analytics.engine.split_check import SettledAction
from analytics.store.tables import BAR_COLUMNS, write_actions
from ml.datasets.history_tables import histories_from_tables
from ml.datasets.samples import samples
from ml.models.features import RETURNS, FeatureSettings, Observation
from shared.market.records import CorporateAction
from shared.postgres.database import Connection, connect, copy_rows, transaction
from shared.progress.provenance import FoldedRecords
from tests.copied import database_with_tables

NOON = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)
STEPS = {"1m": timedelta(minutes=1), "1h": timedelta(hours=1)}


@pytest.fixture
def database(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """An empty database."""
    dsn = database_with_tables(embedded_postgres, f"histories_{request.node.name.encode().hex()[-24:]}")
    with closing(connect(dsn, "test")) as connection:
        yield connection


def bar(symbol: str, interval: str, number: int) -> tuple[object, ...]:
    start, price = NOON + number * STEPS[interval], 100.0 + number
    times, prices = (start, start + STEPS[interval]), (price, price + 2.0, price - 2.0, price + 1.0)
    return symbol, interval, *times, *prices, 10.0 * number, None, 1, "regular", "test", None


def action(symbol: str, hours: float, kind: str = "split", value: float = 2.0) -> CorporateAction:
    time = NOON + timedelta(hours=hours)
    return CorporateAction(
        symbol=symbol,
        action="split" if kind == "split" else "dividend",
        time=time,
        value=value,
        source="test",
        position=0,
        received_time=time,
    )


def write(connection: Connection, bars: list[tuple[object, ...]], actions: list[CorporateAction]) -> None:
    with transaction(connection) as cursor:
        copy_rows(cursor, "bars", BAR_COLUMNS, bars)
        write_actions(
            cursor,
            FoldedRecords(0, {}),
            [SettledAction(offset, action, offset) for offset, action in enumerate(actions)],
        )


def test_newest_bars_of_each_symbol_come_in_order(database: Connection) -> None:
    counts = {("A", "1h"): 9, ("B", "1h"): 3, ("B", "1m"): 4, ("C", "1m"): 5}
    bars = [bar(*series, number) for series, count in counts.items() for number in range(count)]
    write(database, bars[::-1], [])
    with transaction(database) as cursor:
        first, other = histories_from_tables(cursor, "1h", 4)
    assert (first.symbol, other.symbol) == ("A", "B")
    ends = [NOON + timedelta(hours=number + 1) for number in range(5, 9)]
    assert first.made_at == [int(end.timestamp()) for end in ends]
    assert all(type(end) is int for end in first.made_at)
    assert first.observations[-1] == Observation(close=109.0, high=110.0, low=106.0, volume=80.0)
    assert [each.close for each in other.observations] == [101.0, 102.0, 103.0]
    assert (first.splits, other.splits) == ([], [])


def test_splits_since_the_first_bar_come_in_order_and_dividends_do_not(database: Connection) -> None:
    bars = [bar(symbol, "1h", number) for symbol in "AB" for number in range(8)]
    actions = [action("A", 7, value=7.0), action("A", 1), action("A", 6, value=0.5)]
    write(database, bars, [*actions, action("A", 6, "dividend", 0.3), action("B", 5, value=3.0)])
    with transaction(database) as cursor:
        first, other = histories_from_tables(cursor, "1h", 4)
    seconds = int(NOON.timestamp())
    assert first.splits == [(seconds + 6 * 3600, 0.5), (seconds + 7 * 3600, 7.0)]
    assert other.splits == [(seconds + 5 * 3600, 3.0)]


def test_histories_of_tables_become_samples(database: Connection) -> None:
    write(database, [bar("A", "1h", number) for number in range(RETURNS + 6)], [action("A", 3)])
    with transaction(database) as cursor:
        found = samples(histories_from_tables(cursor, "1h", 1_000), FeatureSettings(), 1)
    assert len(found.target) == 5


def test_empty_tables_have_no_histories(database: Connection) -> None:
    with transaction(database) as cursor:
        assert histories_from_tables(cursor, "1d", 10) == []
