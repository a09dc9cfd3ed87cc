"""Splits in the tables: stored if prices show them, otherwise reported by an alert; the same after any kill."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote
from shared.postgres.database import Connection, transaction
from tests.integration.fold_runs import (
    MORNING,
    NEW_PERIODS,
    OLD,
    LoggedMessage,
    appended_at,
    fold,
    log_of,
    table,
)


def log_with_night(ratio: float) -> list[LoggedMessage]:
    """Three hours of quotes, a split in the night after them, and three hours of quotes at a half of the price."""
    quotes = [msgspec.json.decode(message.value, type=Quote) for message in log_of(180)]
    action = CorporateAction(
        symbol="ACME",
        action="split",
        time=MORNING + timedelta(hours=14),
        value=ratio,
        source="test",
        position=0,
        received_time=MORNING + timedelta(hours=14),
        exchange="XNYS",
    )
    later = [
        msgspec.structs.replace(
            each,
            price=each.price / 2,
            event_time=each.event_time + timedelta(days=1),
            received_time=each.received_time + timedelta(days=1),
        )
        for each in quotes
    ]
    records: list[Quote | CorporateAction] = [*quotes, action, *later]
    return [
        LoggedMessage(number, encode(record), appended_at(number)) for number, record in enumerate(records)
    ]


def rows(connection: Connection, statement: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("ratio", "holds", "settings", "killed"),
    [
        (2.0, True, OLD, True),
        (2.0, True, NEW_PERIODS, False),
        (10.0, False, OLD, True),
        (10.0, False, NEW_PERIODS, False),
    ],
    ids=["killed, holds", "periods, holds", "killed, doubt", "periods, doubt"],
)
def test_split_waits_in_the_snapshot_and_is_settled_once(
    databases: tuple[Connection, Connection], ratio: float, holds: bool, settings: Any, killed: bool
) -> None:
    """Reported to yfinance: the part stops between the split and the first price after it, and may come
    back with other periods of its indicators, or be killed again."""
    changed, fresh = databases
    log = log_with_night(ratio)
    fold(changed, OLD, log, 1081, killed=False)
    assert rows(changed, "select count(*) from corporate_actions") == [(0,)]
    fold(changed, OLD, log, 1300, killed=killed)
    fold(changed, settings, log, len(log), killed=False)
    fold(fresh, settings, log, len(log), killed=False)
    for name in ("bars", "indicators", "open_bars"):
        assert table(changed, name) == table(fresh, name)
    kept = rows(changed, 'select symbol, value, "offset" from corporate_actions')
    alerts = rows(changed, "select symbol, kind, raised_at, value, cleared_at from data_alerts")
    assert kept == ([("ACME", ratio, 1080)] if holds else [])
    assert alerts == ([] if holds else [("ACME", "split", MORNING + timedelta(hours=14), ratio, None)])
