"""New settings with stored state: nothing is written twice, and no row keeps values of other periods."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, cast

import msgspec
import pytest

from analytics.engine.symbol_state import EngineSettings
from analytics.runtime.processor import Analysis
from shared.consumer_loop.batches import Batch, decoded
from shared.consumer_loop.offsets import GroupOnTopic, advance, begin
from shared.kafka import Message
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote
from shared.postgres.database import Connection, transaction
from tests.inputs.records import periods
from tests.integration.loop.two_databases import databases
from tests.unit.quick_search import pooled

__all__ = ["databases"]

NOON = datetime(2024, 1, 2, 15, 0, tzinfo=UTC)
READING = GroupOnTopic("group", "topic")
OLD = EngineSettings()
NEW_PERIODS = replace(OLD, indicators=periods(rsi_period=7, sma_short_period=5))


class LoggedMessage(NamedTuple):
    """A message as the log gives it."""

    offset: int
    value: bytes
    timestamp: int
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def log_of(minutes: int) -> list[LoggedMessage]:
    """A quote every ten seconds, its price walking up and down."""
    quotes = [
        Quote(
            symbol="ACME",
            event_time=NOON + timedelta(seconds=10 * number),
            price=100 + (number * 7919 % 101) / 10,
            size=1.0,
            source="test",
            position=number,
            received_time=NOON + timedelta(seconds=10 * number),
            exchange="XNYS",
        )
        for number in range(6 * minutes)
    ]
    return [LoggedMessage(number, encode(quote), 2_000_000_000_000) for number, quote in enumerate(quotes)]


def log_with_a_split() -> list[LoggedMessage]:
    """Two for one after an hour: from there on half of each price. An older split is received too late."""
    split = CorporateAction(
        symbol="ACME",
        action="split",
        time=NOON + timedelta(hours=1),
        value=2.0,
        source="test",
        position=0,
        received_time=NOON + timedelta(hours=1),
        exchange="XNYS",
    )
    older = msgspec.structs.replace(split, time=NOON + timedelta(minutes=30), value=3.0)
    records: list[Quote | CorporateAction] = []
    for message in log_of(180):
        quote = msgspec.json.decode(message.value, type=Quote)
        new = quote.event_time >= split.time
        records += [split, older] if new and split not in records else []
        records.append(msgspec.structs.replace(quote, price=quote.price / 2) if new else quote)
    return [LoggedMessage(number, encode(record), 2_000_000_000_000) for number, record in enumerate(records)]


def batch_of(messages: list[LoggedMessage]) -> Batch:
    return decoded(0, messages[0].offset, cast(list[Message], messages), partitions=1)


def fold(
    connection: Connection, settings: EngineSettings, log: list[LoggedMessage], until: int, killed: bool
) -> None:
    """One life of the part: from its start, over the log up to `until`, to its end, which may be a kill."""
    with closing(Analysis(READING, settings, pooled())) as analysis:
        live(analysis, connection, log, until, killed)


def live(
    analysis: Analysis, connection: Connection, log: list[LoggedMessage], until: int, killed: bool
) -> None:
    with transaction(connection) as cursor:
        written = begin(cursor, READING, 0, 0)
        read_from = analysis.resume(cursor, 0, written)
    if read_from < written:
        analysis.refold(batch_of(log[read_from:written]))
    for start in range(written, until, 50):
        batch = batch_of(log[start : min(start + 50, until)])
        analysis.fold(batch)
        with transaction(connection) as cursor:
            analysis.write(cursor)
            advance(cursor, READING, [batch.step])
        if not killed:
            analysis.rest(connection)
    if not killed:
        analysis.finish(connection)


def table(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(f"select * from {name} order by symbol, interval, start")
        return cursor.fetchall()


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
    closed, expected = table(changed, "bars"), table(fresh, "bars")
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


@pytest.mark.parametrize(
    "state",
    [
        """{"version":0}""",
        """{"version":11,"grace":"long","forecasts":[["1m",{"bars":50}]]}""",
        """{"version":99,"forecasts":{"1w":{}}}""",
    ],
    ids=["nothing but a version", "settings in an older form", "settings of a newer version"],
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
    analysis.rest(changed)
    with transaction(changed) as cursor:
        cursor.execute("select start from indicators where interval = '1m' and rsi > 0 order by start")
        assert len(cursor.fetchall()) == 66 - 14
