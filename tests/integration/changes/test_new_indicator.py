"""The catalog has an indicator that a stored database lacks: its columns are added and filled, and no others."""

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pytest

from analytics.indicators.catalog import COLUMNS, STORED
from analytics.runtime import processor
from analytics.runtime.rebuild import rebuild
from dashboard.read.sql.queries import has_tables
from db.migrate import migrate
from shared.postgres.database import Connection, connect, transaction
from tests.copied import database_with_tables
from tests.integration.fold_runs import OLD, fold, log_of_two, table

NEWEST = STORED[-1]
NEW_COLUMNS = [output.name for output in NEWEST.outputs]
TABLES = ("indicators", "open_bars")
MARKED = -1.0
"""An RSI that no fold writes: a row that has it was not written again."""


LOG = log_of_two(120)
KEPT = len(LOG) * 3 // 4


@pytest.fixture
def dsns(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two empty databases: one to be brought up to date, one to compare with."""
    names = [f"new_{request.node.name.encode().hex()[-24:]}_{which}" for which in "ab"]
    one, other = (database_with_tables(embedded_postgres, name) for name in names)
    yield one, other


def make_older(connection: Connection) -> None:
    """Leave the tables and snapshots as a version without the newest indicator would have."""
    with transaction(connection) as cursor:
        for name in TABLES:
            for column in NEW_COLUMNS:
                cursor.execute(f'alter table {name} drop column "{column}"')
        cursor.execute("update indicators set rsi = %s", (MARKED,))
        cursor.execute("select symbol, state from symbol_snapshots")
        for symbol, state in cursor.fetchall():
            found = msgspec.json.decode(state)
            for series in found["series"].values():
                states = series["indicators"]
                series["indicators"] = {
                    key: states[key] for key in states if not key.startswith(f"{NEWEST.name}:")
                }
            text = msgspec.json.encode(found).decode()
            cursor.execute("update symbol_snapshots set state = %s where symbol = %s", (text, symbol))


def columns_of(connection: Connection, names: list[str], symbol: str = "ACME") -> list[tuple[Any, ...]]:
    """These columns of the indicators of a symbol, by interval and start."""
    listed = ", ".join(f'"{name}"' for name in names)
    with transaction(connection) as cursor:
        cursor.execute(
            f"select {listed} from indicators where symbol = %s order by interval, start", (symbol,)
        )
        return cursor.fetchall()


def test_missing_columns_are_added_once_and_filled_while_the_others_stay(
    dsns: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "tickstream.analytics")
    older, fresh = dsns
    with closing(connect(older, "test")) as changed, closing(connect(fresh, "test")) as expected:
        fold(changed, OLD, LOG, KEPT, killed=False)
        make_older(changed)
        stored = len(columns_of(changed, ["rsi"]))
        with transaction(changed) as cursor:
            assert not has_tables(cursor)
        assert migrate(older) == [f"{name}.{column}" for name in TABLES for column in NEW_COLUMNS]
        assert migrate(older) == []
        with transaction(changed) as cursor:
            assert has_tables(cursor)
        fold(changed, OLD, LOG, len(LOG), killed=False)
        assert any(f"because {NEWEST.name} is new." in message for message in caplog.messages)
        fold(expected, OLD, LOG, len(LOG), killed=False)
        assert columns_of(changed, NEW_COLUMNS) == columns_of(expected, NEW_COLUMNS)
        assert any(None not in row for row in columns_of(changed, NEW_COLUMNS))
        assert columns_of(changed, ["rsi"]).count((MARKED,)) == stored > 50
        others = [name for name in COLUMNS if name not in (*NEW_COLUMNS, "rsi")]
        assert columns_of(changed, others) == columns_of(expected, others)
        assert table(changed, "bars") == table(expected, "bars")
        assert open_bars(changed) == open_bars(expected)


def open_bars(connection: Connection) -> list[tuple[Any, ...]]:
    listed = ", ".join(f'"{name}"' for name in COLUMNS)
    with transaction(connection) as cursor:
        cursor.execute(f"select symbol, interval, {listed} from open_bars order by symbol, interval")
        return cursor.fetchall()


def test_rebuild_that_is_killed_between_two_symbols_goes_on_with_the_second(
    dsns: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, fresh = dsns
    with closing(connect(older, "test")) as changed, closing(connect(fresh, "test")) as expected:
        fold(changed, OLD, LOG, KEPT, killed=False)
        make_older(changed)
        migrate(older)
        finished: list[str] = []

        def rebuild_until_killed(*given: Any) -> Iterator[str]:
            for symbol in rebuild(*given):
                if finished:
                    raise KeyboardInterrupt
                finished.append(symbol)
                yield symbol

        with monkeypatch.context() as killing:
            killing.setattr(processor, "rebuild", rebuild_until_killed)
            with pytest.raises(KeyboardInterrupt):
                fold(changed, OLD, LOG, len(LOG), killed=False)
        (first,) = finished
        (second,) = {"ACME", "ZETA"} - {first}
        assert any(None not in row for row in columns_of(changed, NEW_COLUMNS, first))
        assert set(columns_of(changed, NEW_COLUMNS, second)) == {(None,) * len(NEW_COLUMNS)}
        fold(changed, OLD, LOG, len(LOG), killed=False)
        fold(expected, OLD, LOG, len(LOG), killed=False)
        for symbol in ("ACME", "ZETA"):
            assert columns_of(changed, NEW_COLUMNS, symbol) == columns_of(expected, NEW_COLUMNS, symbol)
