"""Bars, forecasts, alerts, splits and dividends have the record that made them, and the time at which the log got it:
the same after any kill and when the log is folded again; rows of an earlier version have none."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import md5
from random import Random
from typing import Any

import msgspec
import pytest

from analytics.alerts.threshold_rules import AlertSettings
from dashboard.read.sql.alert_queries import read_alerts_of
from db.migrate import migrate
from shared.market.messages import encode
from shared.market.records import CorporateAction, Quote, Record
from shared.postgres.database import Connection, connect, transaction
from tests.copied import database_with_tables
from tests.inputs.records import mark, quote, recorded_bar
from tests.integration.brisk_forecasts import MINUTES, rows
from tests.integration.fold_runs import MORNING, LoggedMessage, appended_at, fold, log_with_a_split

MIGRATION = "0029_known_at.sql"
SETTINGS = replace(MINUTES, alerts=AlertSettings(price_change=0.001))
TABLES = ("bars", "forecasts", "alerts", "corporate_actions")
COLUMNS = dict.fromkeys(TABLES, 'known_at, partition, "offset"') | {
    "corporate_actions": "known_at, partition, settled_offset"
}
ORDERS = dict.fromkeys(TABLES, "order by symbol, start, interval") | {
    "forecasts": "order by symbol, start, interval, model",
    "alerts": "order by symbol, start, interval, rule",
    "corporate_actions": "order by symbol, time, action",
}
NOON = MORNING.timestamp() + 7_200
OLD = 700
"""The first offset that this version folds, where an earlier one folded those before."""
UNKNOWN = (None, None, None)


def logged(*records: Record) -> list[LoggedMessage]:
    return [LoggedMessage(offset, encode(each), appended_at(offset)) for offset, each in enumerate(records)]


def log_with_a_waiting_split() -> list[LoggedMessage]:
    """Three hours of quotes with a split that the first price shows, and one in the night after them that the third
    price of the next day shows; then a dividend."""
    first = log_with_a_split()
    quotes = [msgspec.json.decode(each.value, type=Quote) for each in first if b'"quote.v1"' in each.value]
    night = MORNING + timedelta(hours=14)
    action = CorporateAction(
        symbol="ACME",
        action="split",
        time=night,
        value=4.0,
        source="test",
        position=0,
        received_time=night,
        exchange="XNYS",
    )
    after = night + timedelta(days=1)
    dividend = msgspec.structs.replace(action, action="dividend", value=0.5, time=after, received_time=after)
    later = [
        msgspec.structs.replace(
            each,
            price=quotes[-1].price / (1 if number < 2 else 4),
            event_time=each.event_time + timedelta(days=1),
            received_time=each.received_time + timedelta(days=1),
        )
        for number, each in enumerate(quotes[:60])
    ]
    records: list[CorporateAction | Quote] = [action, *later, dividend]
    values = [each.value for each in first] + [encode(each) for each in records]
    return [LoggedMessage(offset, value, appended_at(offset)) for offset, value in enumerate(values)]


LOG = log_with_a_waiting_split()


@pytest.fixture
def dsns(embedded_postgres: str, request: pytest.FixtureRequest) -> list[str]:
    """Databases to be disturbed, and to compare with."""
    test = md5(request.node.nodeid.encode()).hexdigest()
    return [database_with_tables(embedded_postgres, f"{which}_{test}") for which in ("known", "alone")]


@pytest.fixture
def connections(dsns: list[str]) -> Iterator[tuple[Connection, Connection]]:
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield one, other


def texts(connection: Connection, table: str) -> list[str]:
    """The rows of a table, whatever the order of its columns."""
    return [text for (text,) in rows(connection, f"select to_jsonb(t)::text from {table} t order by 1")]


def provenance(connection: Connection, table: str, condition: str = "true") -> list[tuple[Any, ...]]:
    return rows(connection, f"select distinct {COLUMNS[table]} from {table} where {condition} order by 3")


def made_by(*offsets: int) -> list[tuple[datetime, int, int]]:
    """The provenance of rows that the records at these offsets made."""
    times = (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=appended_at(each)) for each in offsets)
    return [(time, 0, offset) for time, offset in zip(times, offsets, strict=True)]


def read_again(connection: Connection) -> None:
    """Let the next start read the log again, as after an update that calculates differently."""
    with transaction(connection) as cursor:
        cursor.execute(
            "update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '1')::text"
        )


def calculate_all_again(connection: Connection) -> None:
    """What `python -m db.realign --cut` leaves."""
    with transaction(connection) as cursor:
        cursor.execute("insert into log_origin (cluster_id, topic, partitions) values ('c', 'topic', 1)")
        cursor.execute("""update partition_snapshots set state = '{"remaking": true}'""")


def test_the_record_that_passed_the_end_of_a_bar_made_it_and_its_forecasts_and_alerts(
    connections: tuple[Connection, Connection],
) -> None:
    """Quotes come every ten seconds, and a bar closes two seconds after its end."""
    connection, _ = connections
    fold(connection, SETTINGS, LOG, len(LOG), killed=False)
    start, end = (f'extract(epoch from "{name}")::bigint' for name in ("start", "end"))
    bars = rows(connection, f"select interval, {start}, {end}, {COLUMNS['bars']} from bars")
    ends = {end: tuple(found) for interval, _, end, *found in bars if interval != "1d"}
    morning = int(MORNING.timestamp())
    for minute in range(1, 60):
        assert [ends[morning + 60 * minute]] == made_by(6 * minute + 1)
    closed = {(interval, second): tuple(found) for interval, second, _, *found in bars}
    assert all(ends[end] == tuple(found) for interval, _, end, *found in bars if interval != "1d")
    for table in ("forecasts", "alerts"):
        found = rows(connection, f"select interval, {start}, {COLUMNS[table]} from {table}")
        assert found, table
        assert all(tuple(made) == closed[interval, second] for interval, second, *made in found), table
    with transaction(connection) as cursor:
        shown = read_alerts_of(cursor, ("ACME", "5m"), 1_000)
    assert shown
    assert all(each.known_at == closed["5m", each.start][0].timestamp() for each in shown)


def test_a_split_is_known_from_the_price_that_shows_it_and_a_dividend_at_once(
    connections: tuple[Connection, Connection],
) -> None:
    connection, _ = connections
    fold(connection, SETTINGS, LOG, len(LOG), killed=False)
    found = rows(
        connection,
        'select value, "offset", settled_offset, known_at from corporate_actions order by "offset"',
    )
    first, night, dividend = 360, len(log_with_a_split()), len(LOG) - 1
    settled = {2.0: first, 3.0: first + 1, 4.0: night + 3, 0.5: dividend}
    reported = {2.0: first, 3.0: first + 1, 4.0: night, 0.5: dividend}
    times = {value: made_by(offset)[0][0] for value, offset in settled.items()}
    assert found == [(value, reported[value], settled[value], times[value]) for value in reported]


def test_a_time_mark_and_a_history_close_bars_too(connections: tuple[Connection, Connection]) -> None:
    """A history that was read after a quote is known from its own records on, however old its bars are."""
    connection, _ = connections
    log = logged(
        quote(NOON, 10.0),
        recorded_bar(int(NOON) - 600, "1m", (9.0,) * 4, symbol="B"),
        recorded_bar(int(NOON) - 540, "1m", (9.0,) * 4, symbol="B"),
        mark(NOON + 30),
        mark(NOON + 62),
    )
    fold(connection, SETTINGS, log, len(log), killed=False)
    of_b = "symbol = 'B' and interval = '1m'"
    first = f"{of_b} and extract(epoch from start) = {int(NOON) - 600}"
    assert provenance(connection, "bars", first) == made_by(3)
    assert provenance(connection, "bars", f"{of_b} and not ({first})") == made_by(3)
    assert provenance(connection, "bars", "symbol = 'A' and interval = '1m'") == made_by(4)


def test_killed_runs_leave_what_a_run_left_alone_does(connections: tuple[Connection, Connection]) -> None:
    killed, alone = connections
    fold(alone, SETTINGS, LOG, len(LOG), killed=False)
    chance = Random(5)
    stops = {*chance.sample(range(60, len(LOG)), 6), 363, len(LOG) - 59}
    for until in sorted(stops):
        fold(killed, SETTINGS, LOG, until, killed=chance.random() < 0.7)
    fold(killed, SETTINGS, LOG, len(LOG), killed=False)
    for table in TABLES:
        assert texts(killed, table) == texts(alone, table), table
        assert UNKNOWN not in provenance(killed, table), table


@pytest.mark.parametrize("begin_again", [read_again, calculate_all_again])
def test_a_log_that_is_folded_again_gives_the_same(
    connections: tuple[Connection, Connection], begin_again: Any
) -> None:
    again, alone = connections
    fold(alone, SETTINGS, LOG, len(LOG), killed=False)
    fold(again, SETTINGS, LOG, 700, killed=False)
    begin_again(again)
    with transaction(again) as cursor:
        cursor.execute('update bars set known_at = null, partition = null, "offset" = null')
    fold(again, SETTINGS, LOG, 700, killed=True)
    fold(again, SETTINGS, LOG, len(LOG), killed=False)
    for table in TABLES:
        assert texts(again, table) == texts(alone, table), table


def test_rows_of_an_earlier_version_stay_unknown_and_later_ones_are_known(
    connections: tuple[Connection, Connection], dsns: list[str]
) -> None:
    updated, alone = connections
    fold(alone, SETTINGS, LOG, len(LOG), killed=False)
    fold(updated, SETTINGS, LOG, OLD, killed=False)
    with transaction(updated) as cursor:
        for table in ("bars", "forecasts"):
            cursor.execute(
                f'alter table {table} drop column known_at, drop column partition, drop column "offset"'
            )
        cursor.execute("alter table alerts drop column known_at")
        cursor.execute("alter table corporate_actions drop column known_at, drop column settled_offset")
        cursor.execute("delete from migrations where name = %s", (MIGRATION,))
    updated.commit()
    assert migrate(dsns[0]) == [MIGRATION]
    fold(updated, SETTINGS, LOG, len(LOG), killed=False)
    for table in TABLES:
        found, fresh = (
            rows(connection, f"select {COLUMNS[table]} from {table} {ORDERS[table]}")
            for connection in (updated, alone)
        )
        expected = [each if each[2] >= OLD else without_record(table, each) for each in fresh]
        assert found == expected, table
        assert {each[0] is None for each in found} == {True, False}, table


def without_record(table: str, made: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a row of an earlier version has instead."""
    _, partition, offset = made
    known = {"alerts": (partition, offset), "corporate_actions": (partition, None)}
    return (None, *known.get(table, (None, None)))
