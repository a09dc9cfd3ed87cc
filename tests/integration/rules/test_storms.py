"""A rule that fires for many symbols at the end of the same bars makes one grouped alert, whoever was killed."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import md5
from random import Random

import pytest

from analytics.runtime.across import storms
from dashboard.read.sql.alert_queries import read_alerts
from shared.kafka import partition_of
from shared.market.messages import encode
from shared.market.records import Quote, TimeMark
from shared.postgres.database import connect, transaction
from tests.copied import database_with_tables
from tests.integration.fold_runs import MORNING
from tests.integration.rules.two_partitions import Desk, Logs, Process, left_alone, logged
from tests.waiting import wait_for

SYMBOLS = ("A", "B", "C", "D", "GLD", "SPY", "AAPL", "QQQ", "SLV")
FALLEN, FELL_AT, MINUTES = SYMBOLS[:6], 31, 45
"""The symbols that fall together, the minute in which they do, and how many minutes there are."""
FELL_BEFORE_AT = 21


def quotes(symbol: str, until: int = MINUTES, fell_at: tuple[int, ...] = (FELL_AT,)) -> Iterator[Quote]:
    for minute in range(until):
        at = MORNING + timedelta(minutes=minute, seconds=10)
        falls = len([each for each in fell_at if minute >= each])
        price = 100.0 - 10.0 * falls if symbol in FALLEN else 100.0
        yield Quote(
            symbol=symbol,
            event_time=at,
            received_time=at,
            price=price,
            size=1.0,
            source="test",
            position=minute,
            exchange="XNYS",
        )


def marks() -> list[TimeMark]:
    """The time of all symbols, at the end."""
    end = MORNING + timedelta(minutes=MINUTES)
    return [TimeMark(time=end, source="test", position=0, received_time=end)]


def log_of(until: dict[str, int], end: bool = True, fell_at: tuple[int, ...] = (FELL_AT,)) -> Logs:
    """The quotes of each symbol in its partition, in the order of their times; those of a symbol may end early."""
    found: Logs = {}
    for partition in (0, 1):
        own = [symbol for symbol in SYMBOLS if partition_of(symbol.encode(), 2) == partition]
        records = [quote for symbol in own for quote in quotes(symbol, until.get(symbol, MINUTES), fell_at)]
        ordered = sorted(records, key=lambda quote: (quote.event_time, quote.symbol))
        found = {**found, partition: logged([encode(each) for each in [*ordered, *(marks() if end else ())]])}
    return found


def ends_of(log: Logs) -> dict[int, int]:
    return {partition: len(messages) for partition, messages in log.items()}


@pytest.fixture
def desks(embedded_postgres: str, request: pytest.FixtureRequest) -> Iterator[tuple[Desk, Desk]]:
    test = md5(request.node.nodeid.encode()).hexdigest()
    dsns = [database_with_tables(embedded_postgres, f"storm{number}_{test}") for number in (0, 1)]
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield Desk(dsns[0], one), Desk(dsns[1], other)


STORM = f"""select rule || ' ' || interval || ' ' || array_to_string(members, ',') || ' of ' || symbols
    || ' ' || (event_time = '{MORNING + timedelta(minutes=35)}') as t from storms"""


def has_storm(desk: Desk, *processes: Process) -> bool:
    """Whether there is a grouped alert, now at the latest."""
    for process in processes:
        process.rest()
    return bool(desk.rows("storms"))


def test_grouped_alerts_are_those_of_a_run_left_alone_whatever_is_killed(desks: tuple[Desk, Desk]) -> None:
    killed, alone = desks
    log, chance = log_of({}), Random(2)
    left_alone(alone, log)
    for _ in range(5):
        process = Process(killed, log)
        process.read({partition: chance.randrange(len(messages)) for partition, messages in log.items()})
        process.end() if chance.random() < 0.3 else process.kill()
    one, other = Process(killed, log, (0,)), Process(killed, log, (1,))
    one.read(ends_of(log))
    other.read(ends_of(log))
    wait_for(lambda: has_storm(killed, one, other))
    one.end()
    other.end()
    assert alone.rows(f"({STORM})") == ['"price_change 5m A,B,C,D,GLD,SPY of 9 true"']
    with transaction(alone.connection) as cursor:
        shown = [(row.symbol, row.members, row.symbols) for row in read_alerts(cursor, 200) if row.members]
    assert shown == [(symbol, 6, 9) for symbol in FALLEN]
    for table in ("storms", "alerts", "given_up_symbols"):
        assert killed.rows(table) == alone.rows(table)


def test_a_symbol_that_stalled_is_not_waited_for_and_not_counted(desks: tuple[Desk, Desk]) -> None:
    desk, _ = desks
    log = log_of({"QQQ": 20, "SPY": 20}, end=False)
    process = Process(desk, log)
    process.read(ends_of(log))
    wait_for(lambda: has_storm(desk, process))
    process.end()
    assert desk.rows(f"({STORM})") == ['"price_change 5m A,B,C,D,GLD of 7 true"']


def test_more_alerts_than_are_grouped_at_once_are_grouped_in_the_next_looks(
    desks: tuple[Desk, Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storms, "GROUPED_AT_ONCE", 1)
    desk, _ = desks
    log = log_of({}, fell_at=(FELL_BEFORE_AT, FELL_AT))
    process = Process(desk, log)
    process.read(ends_of(log))
    wait_for(lambda: has_storm(desk, process) and len(desk.rows("storms")) == 2)
    process.end()
    assert desk.rows("(select members, symbols from storms)") == 2 * desk.rows(
        "(select members, symbols from storms limit 1)"
    )
