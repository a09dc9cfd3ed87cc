"""Indicators of the user's own in the tables: exactly once, set aside where they fail, new if their file changes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.own.own_indicators import OwnSpec
from dashboard.read.sql.own_queries import read_own
from shared.postgres.database import Connection, transaction
from tests.inputs.own_files import EXAMPLE, SPLIT, UPDATE, named, own, variant
from tests.integration.fold_runs import OLD, LoggedMessage, fold, log_of, log_of_two, log_with_a_split, table

TABLES = ("bars", "indicators", "open_bars", "own_indicators")
FAILS_FOR_ZETA = variant(
    UPDATE,
    "assert bar.symbol != 'ZETA' or self.seen != 29 or bar.interval != '1m', 'bar 30';"
    " return self._mean.update(bar.high - bar.low)",
)


def with_own(*specs: OwnSpec) -> EngineSettings:
    return replace(OLD, own=specs)


def rows(connection: Connection, query: str, *bound: object) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(query, bound)
        return cursor.fetchall()


def values(connection: Connection, symbol: str, name: str = "average_range") -> list[float | None]:
    """The values of an indicator at each minute of a symbol."""
    query = (
        "select value from own_indicators where symbol = %s and name = %s and interval = '1m' order by start"
    )
    return [value for (value,) in rows(connection, query, symbol, name)]


def alerts(connection: Connection) -> list[tuple[Any, ...]]:
    return rows(
        connection, "select symbol, kind, raised_at, detail from data_alerts order by raised_at, symbol"
    )


def fold_with_kills(
    connection: Connection, settings: EngineSettings, log: list[LoggedMessage], kills: Sequence[int]
) -> None:
    """Fold the log with a kill at each of these places; the odd ones come after a snapshot."""
    for place, until in enumerate(kills):
        fold(connection, settings, log, until, killed=place % 2 == 0)
    fold(connection, settings, log, len(log), killed=False)


@pytest.mark.parametrize("text", [EXAMPLE, FAILS_FOR_ZETA], ids=["good", "raises"])
def test_a_fold_that_is_killed_writes_the_same_rows(
    databases: tuple[Connection, Connection], text: str
) -> None:
    killed, undisturbed = databases
    log, settings = log_of_two(60), with_own(own(text), own(named(EXAMPLE, "other")))
    fold_with_kills(killed, settings, log, (120, 250, 350, 371, 400, 600))
    fold(undisturbed, settings, log, len(log), killed=False)
    for name in TABLES:
        assert sorted(table(killed, name), key=str) == sorted(table(undisturbed, name), key=str)
    assert alerts(killed) == alerts(undisturbed)
    bars = rows(killed, "select count(*) from bars")[0][0]
    assert rows(killed, "select count(*) from own_indicators") == [(2 * bars,)]


def test_the_values_are_read_as_columns_page_by_page(databases: tuple[Connection, Connection]) -> None:
    connection, _ = databases
    log = log_of_two(30)
    fold(connection, with_own(own(), own(named(EXAMPLE, "other"))), log, len(log), killed=False)
    with transaction(connection) as cursor:
        newest = read_own(cursor, ("ACME", "1m"), 10, None)
        older = read_own(cursor, ("ACME", "1m"), 100, newest["start"][0])
        assert read_own(cursor, ("NONE", "1m"), 10, None) == {"start": []}
    assert len(newest["start"]) == 10
    assert older["average_range"] + newest["average_range"] == values(connection, "ACME")
    assert older["other"] + newest["other"] == values(connection, "ACME", "other")
    assert sorted(older["start"]) + sorted(newest["start"]) == older["start"] + newest["start"]


def test_one_that_raises_is_set_aside_for_that_series_alone(databases: tuple[Connection, Connection]) -> None:
    failing, good = databases
    log = log_of_two(60)
    fold(failing, with_own(own(FAILS_FOR_ZETA)), log, len(log), killed=False)
    fold(good, with_own(own()), log, len(log), killed=False)
    expected = values(good, "ZETA")
    assert None not in expected[13:]
    assert values(failing, "ZETA") == [*expected[:29], *[None] * (len(expected) - 29)]
    assert values(failing, "ACME") == expected
    others = "select * from own_indicators where interval <> '1m' order by symbol, interval, start"
    assert rows(failing, others) == rows(good, others)
    ((symbol, kind, _, detail),) = alerts(failing)
    assert (symbol, kind) == ("ZETA", "indicator")
    assert detail == "1m: average_range has no values from here on: AssertionError: bar 30"


def test_intervals_that_fail_at_one_time_share_an_alert(databases: tuple[Connection, Connection]) -> None:
    """Scenario: a rebuild writes one interval after the other, and the second was left out of the alert."""
    folded, rebuilt = databases
    text = variant(
        UPDATE,
        "if bar.end % 900 == 0 and bar.interval in ('1m', '5m', '15m'): raise ValueError('no')\n"
        f"        {UPDATE}",
    )
    log = log_of(20)
    fold(folded, with_own(own(text)), log, len(log), killed=False)
    fold(rebuilt, OLD, log, len(log) - 6, killed=False)
    fold(rebuilt, with_own(own(text)), log, len(log), killed=False)
    ((*_, detail),) = alerts(folded)
    assert alerts(rebuilt) == alerts(folded)
    reason = "average_range has no values from here on: ValueError: no"
    assert detail == f"1m: {reason}; 5m: {reason}; 15m: {reason}"


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_changed_file_is_calculated_anew_from_the_first_bar(
    databases: tuple[Connection, Connection], killed: bool
) -> None:
    changed, fresh = databases
    log, wider = log_of_two(60), variant('"average_range_period", 14', '"average_range_period", 5')
    fold(changed, with_own(own()), log, 400, killed=False)
    fold(changed, with_own(own()), log, 500, killed=killed)
    before = values(changed, "ACME")
    fold(changed, with_own(own(wider)), log, 550, killed=killed)
    fold(changed, with_own(own(wider)), log, len(log), killed=False)
    fold(fresh, with_own(own(wider)), log, len(log), killed=False)
    assert values(changed, "ACME")[: len(before)] != before
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)


def test_a_file_that_failed_and_was_corrected_has_all_its_values(
    databases: tuple[Connection, Connection],
) -> None:
    changed, fresh = databases
    log = log_of_two(60)
    fold(changed, with_own(own(FAILS_FOR_ZETA)), log, 600, killed=False)
    assert None in values(changed, "ZETA")[20:]
    fold(changed, with_own(own()), log, len(log), killed=False)
    fold(fresh, with_own(own()), log, len(log), killed=False)
    assert table(changed, "own_indicators") == table(fresh, "own_indicators")


def test_a_new_file_leaves_the_other_indicators_as_they_are(
    databases: tuple[Connection, Connection], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tickstream.analytics")
    changed, fresh = databases
    log = log_of_two(60)
    fold(changed, OLD, log, 500, killed=False)
    assert rows(changed, "select * from own_indicators") == []
    with transaction(changed) as cursor:
        cursor.execute("update indicators set rsi = -1")
        marked = cursor.rowcount
    fold(changed, with_own(own()), log, len(log), killed=False)
    fold(fresh, with_own(own()), log, len(log), killed=False)
    assert table(changed, "own_indicators") == table(fresh, "own_indicators")
    assert rows(changed, "select count(*) from indicators where rsi = -1") == [(marked,)]
    assert any("because the indicator average_range of your own is new" in each for each in caplog.messages)


def test_the_rows_of_a_removed_file_stay(databases: tuple[Connection, Connection]) -> None:
    changed, fresh = databases
    log = log_of_two(60)
    fold(changed, with_own(own()), log, 500, killed=False)
    before = table(changed, "own_indicators")
    fold(changed, OLD, log, 600, killed=False)
    assert table(changed, "own_indicators") == before
    fold(changed, with_own(own()), log, len(log), killed=False)
    fold(fresh, with_own(own()), log, len(log), killed=False)
    assert table(changed, "own_indicators") == table(fresh, "own_indicators")


@pytest.mark.parametrize("text", [EXAMPLE, variant(SPLIT, "raise ValueError('no')")], ids=["good", "raises"])
def test_a_rebuild_meets_the_splits_where_the_fold_did(
    databases: tuple[Connection, Connection], text: str
) -> None:
    changed, fresh = databases
    log = log_with_a_split()
    fold(changed, OLD, log, 700, killed=False)
    fold(changed, with_own(own(text)), log, len(log), killed=False)
    fold(fresh, with_own(own(text)), log, len(log), killed=False)
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)
    assert alerts(changed) == alerts(fresh)


def test_new_periods_of_the_catalog_leave_own_indicators_as_they_are(
    databases: tuple[Connection, Connection],
) -> None:
    changed, fresh = databases
    log = log_of_two(60)
    other_periods = replace(with_own(own()), indicators={**OLD.indicators, "rsi_period": 7})
    fold(changed, with_own(own()), log, 500, killed=False)
    fold(changed, other_periods, log, len(log), killed=False)
    fold(fresh, other_periods, log, len(log), killed=False)
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)


def test_another_version_calculates_them_again_with_everything_else(
    databases: tuple[Connection, Connection],
) -> None:
    changed, fresh = databases
    log, settings = log_of_two(60), with_own(own(FAILS_FOR_ZETA))
    fold(changed, settings, log, 500, killed=False)
    with transaction(changed) as cursor:
        cursor.execute("""update partition_snapshots set state = '{"version":0}'""")
        cursor.execute("update own_indicators set value = -1")
    fold(changed, settings, log, len(log), killed=False)
    fold(fresh, settings, log, len(log), killed=False)
    for name in TABLES:
        assert table(changed, name) == table(fresh, name)
    assert alerts(changed) == alerts(fresh)
