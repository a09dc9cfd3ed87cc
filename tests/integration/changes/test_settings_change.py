"""New settings with stored state: nothing is written twice, and no row keeps values of other periods."""

from dataclasses import replace

import pytest

from analytics.runtime.processor import STATE_VERSION, Analysis
from shared.postgres.database import Connection, transaction
from tests.integration.fold_runs import (
    NEW_PERIODS,
    OLD,
    READING,
    LoggedMessage,
    batch_of,
    fold,
    log_of,
    log_with_a_split,
    table,
)
from tests.unit.quick_search import pooled


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_new_periods_rebuild_every_indicator(databases: tuple[Connection, Connection], killed: bool) -> None:
    changed, fresh = databases
    log = log_of(180)
    fold(changed, OLD, log, 400, killed=False)
    fold(changed, OLD, log, 700, killed=killed)
    before = table(changed, "indicators")
    fold(changed, NEW_PERIODS, log, len(log), killed=False)
    fold(fresh, NEW_PERIODS, log, len(log), killed=False)
    assert table(changed, "indicators")[: len(before)] != before
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)


def test_new_periods_apply_the_splits_among_the_bars(databases: tuple[Connection, Connection]) -> None:
    changed, fresh = databases
    log = log_with_a_split()
    fold(changed, OLD, log, 700, killed=False)
    fold(changed, NEW_PERIODS, log, len(log), killed=False)
    fold(fresh, NEW_PERIODS, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)
    with transaction(changed) as cursor:
        cursor.execute('select symbol, action, value, partition, "offset" from corporate_actions')
        assert cursor.fetchall() == [("ACME", "split", 2.0, 0, 360), ("ACME", "split", 3.0, 0, 361)]
        cursor.execute("select quotes, actions from progress")
        assert cursor.fetchall() == [(1080, 2)]


def test_new_periods_survive_a_kill_right_after_the_change(databases: tuple[Connection, Connection]) -> None:
    changed, fresh = databases
    log = log_of(180)
    fold(changed, OLD, log, 400, killed=False)
    fold(changed, OLD, log, 700, killed=True)
    fold(changed, NEW_PERIODS, log, 800, killed=True)
    fold(changed, NEW_PERIODS, log, len(log), killed=False)
    fold(fresh, NEW_PERIODS, log, len(log), killed=False)
    for name in ("bars", "indicators"):
        assert table(changed, name) == table(fresh, name)


@pytest.mark.parametrize("grace", [0.0, 60.0, 600.0])
def test_another_grace_after_a_kill_closes_no_bar_twice(
    databases: tuple[Connection, Connection], grace: float
) -> None:
    changed, fresh = databases
    log = log_of(180)
    fold(changed, OLD, log, 400, killed=False)
    fold(changed, OLD, log, 700, killed=True)
    fold(changed, replace(OLD, grace=grace), log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    # Without the records that closed them, which are others with another grace.
    closed, expected = ([row[:-3] for row in table(each, "bars")] for each in databases)
    assert len({row[:3] for row in closed}) == len(closed)
    assert set(closed) <= set(expected) or set(expected) <= set(closed)


@pytest.mark.parametrize("grace", [0.0, 600.0])
def test_another_grace_survives_a_kill_right_after_the_change(
    databases: tuple[Connection, Connection], grace: float
) -> None:
    killed, stopped = databases
    log = log_of(180)
    for connection in databases:
        fold(connection, OLD, log, 700, killed=False)
        fold(connection, replace(OLD, grace=grace), log, 800, killed=connection is killed)
        fold(connection, replace(OLD, grace=grace), log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(killed, name) == table(stopped, name)


def with_odd_lots(log: list[LoggedMessage]) -> list[LoggedMessage]:
    """Every third quote is one."""
    return [
        message._replace(value=message.value[:-1] + b',"conditions":"I"}')
        if message.offset % 3 == 0
        else message
        for message in log
    ]


def test_another_reading_of_trade_conditions_survives_a_kill_right_after_the_change(
    databases: tuple[Connection, Connection],
) -> None:
    killed, stopped = databases
    log, other = with_odd_lots(log_of(180)), replace(OLD, trade_conditions="all")
    for connection in databases:
        fold(connection, OLD, log, 700, killed=False)
        fold(connection, other, log, 800, killed=connection is killed)
        fold(connection, other, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(killed, name) == table(stopped, name)


@pytest.mark.parametrize(
    "state",
    [
        """{"version":0}""",
        """{"version":11,"grace":"long","forecasts":[["1m",{"bars":50}]]}""",
        """{"version":9,"forecasts":{"1w":{}}}""",
        f"""{{"version":{STATE_VERSION + 1},"grace":"long","forecasts":[["1m",{{"bars":50}}]]}}""",
    ],
    ids=[
        "nothing but a version",
        "settings in an older form",
        "settings of an unknown interval",
        "settings in a newer form",
    ],
)
def test_state_of_another_version_is_folded_again_from_the_log(
    databases: tuple[Connection, Connection], state: str
) -> None:
    changed, fresh = databases
    log = log_of(180)
    fold(changed, OLD, log, 700, killed=False)
    with transaction(changed) as cursor:
        cursor.execute("update partition_snapshots set state = %s", (state,))
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)


def test_rebuilt_indicators_are_written_while_the_log_is_folded_again(
    databases: tuple[Connection, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, _ = databases
    log = log_of(180)
    fold(changed, OLD, log, 700, killed=False)
    with transaction(changed) as cursor:
        cursor.execute(
            """update partition_snapshots set state = '{"version":0}'; update indicators set rsi = -1"""
        )
    monkeypatch.setattr("analytics.runtime.processor.MAX_REPLACED", 10)
    analysis = Analysis(READING, OLD, pooled())
    with transaction(changed) as cursor:
        analysis.resume(cursor, 0, 700)
    analysis.refold(batch_of(log[:400]))
    analysis.between_commits(changed)
    with transaction(changed) as cursor:
        cursor.execute("select start from indicators where interval = '1m' and rsi > 0 order by start")
        assert len(cursor.fetchall()) == 66 - 14
