"""A database of the previous version: its log is folded again once, and the tables are those of a new fold."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from shared.market.messages import encode
from shared.market.records import CorporateAction, RecordedBar
from shared.postgres.database import Connection, transaction
from tests.integration.fold_runs import OLD, LoggedMessage, appended_at, fold, table

MONDAY = datetime(2024, 1, 8, 14, 30, tzinfo=UTC)
CLOSES = (68.0, 30.0, 1.07, 0.005, 0.00005, 0.0001, 0.0001, 0.00011)


def log_of_days() -> list[LoggedMessage]:
    """A price that collapses within eight days, and a split in the night before the last that no price shows."""
    records: list[RecordedBar | CorporateAction] = []
    for number, close in enumerate(CLOSES):
        start = MONDAY + timedelta(days=number + 2 * (number // 5))
        received = MONDAY + timedelta(days=60)
        if number == 7:
            night = start.replace(hour=5, minute=0)
            records.append(
                CorporateAction(
                    symbol="ACME",
                    action="split",
                    time=night,
                    value=10.0,
                    source="test",
                    position=0,
                    received_time=received,
                    exchange="XNYS",
                )
            )
        records.append(
            RecordedBar(
                symbol="ACME",
                interval="1d",
                start=start,
                open=close,
                high=close,
                low=close,
                close=close,
                volume=1.0,
                source="test",
                position=0,
                received_time=received,
                exchange="XNYS",
            )
        )
    return [
        LoggedMessage(number, encode(record), appended_at(number)) for number, record in enumerate(records)
    ]


def make_older(connection: Connection) -> None:
    """What the version before would have left: a day without its official close, a day set aside as a stray tick, a
    day of a market without hours, a split that divided, and a state that this version does not know."""
    with transaction(connection) as cursor:
        cursor.execute(
            "update bars set close = 31, volume = 2 where start = %s", (MONDAY + timedelta(days=1),)
        )
        for name in ("bars", "indicators"):
            cursor.execute(f"delete from {name} where start = %s", (MONDAY + timedelta(days=2),))
        cursor.execute(
            """insert into bars select symbol, interval, date_trunc('day', start), date_trunc('day', "end") + interval
            '1 day', open, high, low, close, volume, vwap, quotes, session, source from bars where start = %s""",
            (MONDAY + timedelta(days=3),),
        )
        cursor.execute("delete from bars where start = %s", (MONDAY + timedelta(days=3),))
        cursor.execute("delete from data_alerts")
        cursor.execute(
            "insert into corporate_actions values ('ACME', %s, 'split', 10, null, 'test', 0, 7)",
            (MONDAY.replace(hour=5, minute=0) + timedelta(days=9),),
        )
        cursor.execute("""update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '8')""")


def test_tables_match_those_of_a_fresh_fold(
    databases: tuple[Connection, Connection], caplog: pytest.LogCaptureFixture
) -> None:
    """Reported to yfinance after the collapse of LUNA in 2022: what was left out or divided before is corrected from
    the log."""
    caplog.set_level(logging.INFO, "tickstream.analytics")
    changed, fresh = databases
    log = log_of_days()
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    make_older(changed)
    assert table(changed, "bars") != table(fresh, "bars")
    for _ in range(2):
        fold(changed, OLD, log, len(log), killed=False)
        for name in ("bars", "indicators", "open_bars"):
            assert table(changed, name) == table(fresh, name)
        with transaction(changed) as cursor:
            cursor.execute("select count(*) from corporate_actions")
            assert cursor.fetchall() == [(0,)]
            cursor.execute("select symbol, kind, value from data_alerts")
            assert cursor.fetchall() == [("ACME", "split", 10.0)]
    assert (
        caplog.messages.count(
            f"No saved state of this version: the log of partition 0 is reprocessed up to offset {len(log)}."
        )
        == 1
    )
