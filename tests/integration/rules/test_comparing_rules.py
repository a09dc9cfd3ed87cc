"""Rules that compare symbols of two partitions: whatever is killed, and whoever evaluates, the alerts are the same."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import md5
from itertools import count
from random import Random

import pytest

from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.dry_run import dry_run
from analytics.store.rules.closed_bars import history_of
from shared.postgres.database import connect, transaction
from tests.copied import database_with_tables
from tests.integration.fold_runs import MORNING
from tests.integration.rules.two_partitions import (
    ARMED,
    BACK,
    MINUTES,
    RULES,
    STALLED,
    Desk,
    Process,
    left_alone,
    logs,
    with_a_stall,
)

TABLES = (
    "alerts",
    "bars",
    "rule_changes",
    "rule_places",
    "rule_runs",
    "series_splits",
    "given_up_symbols",
    "symbol_times",
)
OTHER_VERSION, CUT_BACK = '{"version": 0}', '{"remaking": true}'


@contextmanager
def desk_of(server: str, name: str) -> Iterator[Desk]:
    dsn = database_with_tables(server, name)
    with closing(connect(dsn, "test")) as connection:
        yield Desk(dsn, connection)


@pytest.fixture
def desks(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], Desk]]:
    """Makes databases."""
    test, numbers = md5(request.node.nodeid.encode()).hexdigest(), count()
    opened = []

    def make() -> Desk:
        opened.append(desk_of(embedded_postgres, f"across{next(numbers)}_{test}"))
        return opened[-1].__enter__()

    yield make
    for each in opened:
        each.__exit__(None, None, None)


def assert_same(one: Desk, other: Desk) -> None:
    for table in TABLES:
        assert one.rows(table) == other.rows(table), table


def test_killed_runs_and_two_processes_leave_the_alerts_of_one_left_alone(
    desks: Callable[[], Desk],
) -> None:
    log, chance = logs(), Random(5)
    alone, killed = left_alone(desks(), log), desks()
    for _ in range(7):
        process = Process(killed, log)
        process.read({partition: chance.randrange(len(messages)) for partition, messages in log.items()})
        process.end() if chance.random() < 0.3 else process.kill()
    ends = {partition: len(messages) for partition, messages in log.items()}
    one, other = Process(killed, log, (0,)), Process(killed, log, (1,))
    one.read(ends)
    other.read(ends)
    one.end()
    other.end()
    assert_same(killed, alone)
    fired = alone.fired()
    assert fired.keys() == {"rule 1", "rule 2", "rule 3"}
    assert {symbol for symbol, *_ in fired["rule 1"]} == {"GLD"}
    assert {symbol for symbol, *_ in fired["rule 3"]} == {"SPY"}


@pytest.mark.parametrize("rule_id", [1, 3])
def test_a_rule_fires_at_the_bars_of_its_dry_run_with_the_same_values(
    desks: Callable[[], Desk], rule_id: int
) -> None:
    desk = left_alone(desks(), logs())
    rule = read_rule(RULES[rule_id], DEFAULTS)
    with transaction(desk.connection) as cursor:
        named = {symbol: history_of(cursor, symbol, "XNYS", rule.interval) for symbol in ("GLD", "SPY")}
    home = {1: "GLD", 3: "SPY"}[rule_id]
    armed = MORNING.timestamp() + 60 * {1: ARMED, 3: 35}[rule_id]
    live = [each for each in desk.fired()[f"rule {rule_id}"] if armed < each[1]]
    hits = dry_run(rule, named[home], named, armed, 2e10).hits
    tried = [(home, hit.bar.end, dict(hit.evaluation.values)) for hit in hits]
    if rule_id == 1:
        disarmed = MORNING.timestamp() + 60 * 99, MORNING.timestamp() + 60 * 121
        live = [each for each in live if not disarmed[0] < each[1] <= disarmed[1]]
        tried = [each for each in tried if not disarmed[0] < each[1] <= disarmed[1]]
    assert live == tried and live


def assert_unknown_where_it_stalled(desk: Desk) -> None:
    ((since, until),) = desk.seconds("select since, until from given_up_symbols")
    assert since == MORNING.timestamp() + 60 * (STALLED - 1)
    assert until >= MORNING.timestamp() + 60 * (BACK - 1)
    ends = [end for _, end, _ in desk.fired()["rule 1"]]
    assert any(end <= since for end in ends) and any(end > until for end in ends)
    assert not any(since < end <= until for end in ends)


@pytest.mark.parametrize("snapshot", [CUT_BACK, pytest.param(OTHER_VERSION, marks=pytest.mark.variant)])
def test_values_of_a_symbol_that_stalled_are_unknown_until_it_is_back_also_when_the_log_is_folded_again(
    desks: Callable[[], Desk], snapshot: str
) -> None:
    desk = desks()
    log = with_a_stall(desk)
    assert_unknown_where_it_stalled(desk)
    tables = [table for table in TABLES if table != "rule_runs"]
    before = {table: desk.rows(table) for table in tables}
    with transaction(desk.connection) as cursor:
        cursor.execute("update partition_snapshots set state = %s", (snapshot,))
        cursor.execute("insert into log_origin (cluster_id, topic, partitions) values ('c', 'topic', 2)")
    left_alone(desk, log)
    assert {table: desk.rows(table) for table in tables} == before
    evaluated = "select max(judged_until), max(judged_until) from rule_runs"
    assert desk.seconds(evaluated)[0][0] == MORNING.timestamp() + 60 * (MINUTES - 1)
