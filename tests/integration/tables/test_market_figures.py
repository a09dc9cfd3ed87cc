"""The market's figures in the tables follow from the stored bars, in whatever order and by whom these are written."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from math import exp, isclose
from random import Random
from typing import Any, NamedTuple

import pytest

from analytics.runtime.market_figures import MarketKeeper
from analytics.store.market_tables import CALCULATING
from analytics.store.tables import BAR_COLUMNS
from dashboard.read.sql.market_queries import read_betas, read_breadth
from shared.market.records import Interval
from shared.postgres.database import Connection, Cursor, connect, copy_rows, transaction
from shared.settings.analysis_settings import MarketFiguresSettings
from tests.oracles.market import NaiveBar, NaiveMove, naive_moves

SETTINGS = MarketFiguresSettings(intervals=("1h", "1d"), benchmark="SPY", returns=20)
MONDAY = datetime(2024, 1, 1, tzinfo=UTC)
OPENS = {"SPY": 14.5, "AAA": 14.5, "BB": 14.5, "GC=F": -1.0, "TOKYO": 0.0, "WELL": -3.0, "COIN": 0.0}
"""Hours after midnight UTC at which the day of each symbol begins, those of New Zealand and of futures on the evening
before."""
HOURS = {"GC=F": 23.0, "COIN": 24.0}
FIGURES = ("market_moves", "market_breadth", "market_settings", "market_changes")


class Row(NamedTuple):
    """A bar to write, and its average."""

    symbol: str
    interval: Interval
    start: datetime
    end: datetime
    close: float
    average: float | None

    @property
    def date(self) -> str:
        """The date of the exchange: here that of the middle of the session in UTC."""
        return (self.start + (self.end - self.start) / 2).date().isoformat()


def days(number_of_days: int, seed: int) -> list[Row]:
    """Days and some hours of all symbols; each trades at most of them."""
    chance, found = Random(seed), []
    price = dict.fromkeys(OPENS, 100.0)
    for number in range(number_of_days):
        for symbol, opens in OPENS.items():
            start = MONDAY + timedelta(days=number, hours=opens)
            price[symbol] *= exp(chance.gauss(0.0, 0.01))
            average = chance.choice([None, 99.0, 101.0])
            end = start + timedelta(hours=HOURS.get(symbol, 6.5))
            if chance.random() < 0.9:
                found.append(Row(symbol, "1d", start, end, price[symbol], average))
            if chance.random() < 0.5:
                hour = MONDAY + timedelta(hours=number)
                found.append(Row(symbol, "1h", hour, hour + timedelta(hours=1), price[symbol], average))
    return found


def write(cursor: Cursor, rows: Sequence[Row]) -> None:
    others = 1.0, None, 9, "regular", "test", None
    numbers = [(row.close, row.close, row.close, row.close, *others) for row in rows]
    copy_rows(
        cursor, "bars", BAR_COLUMNS, [(*row[:4], *each) for row, each in zip(rows, numbers, strict=True)]
    )
    averages = [(row.symbol, row.interval, row.start, row.average) for row in rows]
    copy_rows(cursor, "indicators", ("symbol", "interval", "start", "sma_long"), averages)


def split(cursor: Cursor, symbol: str, day: int, ratio: float) -> None:
    cursor.execute(
        'insert into corporate_actions (symbol, action, time, value, source, partition, "offset")'
        " values (%s, 'split', %s, %s, 'test', 0, %s)",
        (symbol, MONDAY + timedelta(days=day), ratio, day),
    )


def dump(connection: Connection, table: str) -> list[tuple[Any, ...]]:
    with transaction(connection) as cursor:
        cursor.execute(f"select * from {table} order by 1, 2, 3")
        return cursor.fetchall()


def seconds(time: datetime) -> int:
    return int(time.timestamp())


def expected(connection: Connection, interval: Interval) -> dict[tuple[str, int], NaiveMove]:
    """The moves by their definition, from everything that is stored."""
    market: dict[str, tuple[list[NaiveBar], list[tuple[float, float]]]] = {}
    with transaction(connection) as cursor:
        cursor.execute(
            'select b.symbol, b.interval, b.start, b."end", b.close, i.sma_long from bars b'
            " left join indicators i using (symbol, interval, start) where interval = %s order by start",
            (interval,),
        )
        for row in map(Row._make, cursor.fetchall()):
            bars, _ = market.setdefault(row.symbol, ([], []))
            date = row.date if interval == "1d" else None
            bars.append(NaiveBar(seconds(row.start), row.close, row.average, date))
        cursor.execute(
            "select symbol, extract(epoch from time)::float8, value from corporate_actions order by time"
        )
        for symbol, time, ratio in cursor.fetchall():
            market[symbol][1].append((time, ratio))
    return naive_moves(market, "SPY", SETTINGS.returns)


def assert_right(connection: Connection) -> None:
    """The tables have what follows from the bars by definition."""
    assert dump(connection, "market_changes") == []
    moves, breadth = dump(connection, "market_moves"), dump(connection, "market_breadth")
    for interval in SETTINGS.intervals:
        naive = expected(connection, interval)
        stored = {(row[1], seconds(row[2])): row[3:] for row in moves if row[0] == interval}
        assert stored.keys() == naive.keys()
        for key, (change, is_above, benchmark, beta, correlation, returns) in stored.items():
            assert (key, change, is_above, returns) == (
                key,
                naive[key].change,
                naive[key].is_above,
                naive[key].returns,
            )
            assert benchmark == (None if returns is None else "SPY")
            for value, other in ((beta, naive[key].beta), (correlation, naive[key].correlation)):
                assert (value is None) == (other is None)
                assert value is None or isclose(value, other or 0.0, rel_tol=1e-9, abs_tol=1e-12)
        assert [row[1:] for row in breadth if row[0] == interval] == counted(naive)


def counted(moves: dict[tuple[str, int], NaiveMove]) -> list[tuple[Any, ...]]:
    found = []
    for time in sorted({time for _, time in moves}):
        now = [move for (_, at), move in moves.items() if at == time]
        changes, averages = [move.change for move in now], [move.is_above for move in now]
        counts = (len(now), changes.count(1), changes.count(-1), changes.count(0), averages.count(True))
        found.append((datetime.fromtimestamp(time, UTC), *counts, len(now) - averages.count(None)))
    return found


def update(connection: Connection, settings: MarketFiguresSettings = SETTINGS) -> None:
    """All that is noted, as a process that ends in an orderly way does it."""
    MarketKeeper(settings).update_all(connection)


class Killed(Exception):
    """Ends a process in the middle of a transaction."""


def killed_at(connection: Connection, statement: int) -> None:
    """One step of a process that is killed at a statement, or after its commit."""
    done = count()

    class Dying(Cursor):
        def execute(self, *arguments: Any, **named: Any) -> None:
            if next(done) >= statement:
                raise Killed
            super().execute(*arguments, **named)

    connection.cursor_factory = Dying
    with suppress(Killed):
        MarketKeeper(SETTINGS).update_due(connection, reads_history=False)
    connection.cursor_factory = Cursor


@contextmanager
def other_process(connection: Connection) -> Iterator[Connection]:
    with closing(connect(f"{connection.dsn} password={connection.info.password}", "test")) as opened:
        yield opened


@pytest.mark.parametrize("seed", range(3))
def test_order_processes_and_kills_make_no_difference(
    databases: tuple[Connection, Connection], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bars come in shuffled pieces of two partitions; two processes calculate in between, some bars at a time, and are
    killed at random."""
    monkeypatch.setattr("analytics.runtime.market_figures.BARS_AT_ONCE", 7)
    monkeypatch.setattr("analytics.runtime.market_figures.BENCHMARK_BARS_AT_ONCE", 12)
    disturbed, alone = databases
    chance = Random(seed)
    rows = days(45, seed)
    pieces = [rows[first : first + 40] for first in range(0, len(rows), 40)]
    chance.shuffle(pieces)
    with other_process(disturbed) as second:
        for number, piece in enumerate(pieces):
            with transaction(disturbed) as cursor:
                write(cursor, piece)
                if number in (5, 9):
                    split(cursor, chance.choice(["AAA", "SPY"]), 20 + number, 4.0)
            killed_at(chance.choice([disturbed, second]), chance.randrange(30))
        update(second)
    for name in ("bars", "indicators", "corporate_actions"):
        copy(disturbed, alone, name)
    update(alone)
    assert_right(disturbed)
    for table in FIGURES:
        assert dump(disturbed, table) == dump(alone, table), table


def copy(source: Connection, target: Connection, table: str) -> None:
    with transaction(source) as cursor:
        cursor.execute(f"select * from {table}")
        names, rows = [column.name for column in cursor.description or ()], cursor.fetchall()
    with transaction(target) as cursor:
        copy_rows(cursor, table, tuple(names), rows)


Change = Callable[[Cursor], None]


def replace_bar(cursor: Cursor) -> None:
    cursor.execute("update bars set close = close * 1.1 where symbol = 'AAA' and start = %s", (at(30, 14.5),))


def replace_bar_of_benchmark(cursor: Cursor) -> None:
    cursor.execute("update bars set close = close * 0.9 where symbol = 'SPY' and start = %s", (at(30, 14.5),))


def delete_bars(cursor: Cursor) -> None:
    for table in ("indicators", "bars"):
        cursor.execute(f"delete from {table} where symbol = 'BB' and start > %s", (at(30, 0.0),))


def delete_symbol(cursor: Cursor) -> None:
    for table in ("indicators", "bars"):
        cursor.execute(f"delete from {table} where symbol = 'COIN'")


def delete_benchmark(cursor: Cursor) -> None:
    for table in ("indicators", "bars"):
        cursor.execute(f"delete from {table} where symbol = 'SPY' and start < %s", (at(20, 0.0),))


def recalculate_averages(cursor: Cursor) -> None:
    cursor.execute("update indicators set sma_long = 100.0 where symbol = 'AAA'")


def learn_of_split(cursor: Cursor) -> None:
    split(cursor, "AAA", 33, 2.0)
    split(cursor, "SPY", 41, 3.0)


def reject_split(cursor: Cursor) -> None:
    cursor.execute("delete from corporate_actions where symbol = 'BB'")


def at(day: int, hour: float) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    "change",
    [
        replace_bar,
        replace_bar_of_benchmark,
        delete_bars,
        delete_symbol,
        delete_benchmark,
        recalculate_averages,
        learn_of_split,
        reject_split,
    ],
)
def test_changed_rows_are_calculated_again(databases: tuple[Connection, Connection], change: Change) -> None:
    connection, _ = databases
    with transaction(connection) as cursor:
        write(cursor, days(45, 7))
        split(cursor, "BB", 25, 5.0)
    update(connection)
    before = dump(connection, "market_moves")
    with transaction(connection) as cursor:
        change(cursor)
    update(connection)
    assert_right(connection)
    assert dump(connection, "market_moves") != before


@pytest.fixture
def filled(databases: tuple[Connection, Connection]) -> Connection:
    """Tables with bars of which the figures are up to date."""
    connection, _ = databases
    with transaction(connection) as cursor:
        write(cursor, days(45, 3))
    update(connection)
    return connection


def stored_intervals(connection: Connection) -> list[set[str]]:
    return [{row[0] for row in dump(connection, table)} for table in FIGURES]


def test_other_settings_are_applied_to_all_stored_bars(filled: Connection) -> None:
    before = dump(filled, "market_moves")
    update(filled, SETTINGS.model_copy(update={"benchmark": "COIN", "returns": 25}))
    assert {row[5] for row in dump(filled, "market_moves")} == {"COIN", None}
    update(filled)
    assert dump(filled, "market_moves") == before


def test_interval_that_is_no_longer_kept_is_deleted_and_one_that_is_new_is_filled(filled: Connection) -> None:
    before = [dump(filled, table) for table in FIGURES]
    update(filled, SETTINGS.model_copy(update={"intervals": ("1d",)}))
    assert stored_intervals(filled) == [{"1d"}, {"1d"}, {"1d"}, set()]
    update(filled)
    assert [dump(filled, table) for table in FIGURES] == before
    update(filled, SETTINGS.model_copy(update={"intervals": ()}))
    assert stored_intervals(filled) == [set()] * 4


def test_without_benchmark_or_with_one_that_is_not_followed_there_are_no_betas(filled: Connection) -> None:
    breadth = dump(filled, "market_breadth")
    for benchmark in ("", "QQQ"):
        update(filled, SETTINGS.model_copy(update={"benchmark": benchmark}))
        assert dump(filled, "market_betas") == []
        assert dump(filled, "market_breadth") == breadth


def test_change_is_noted_with_the_bars_and_only_for_kept_intervals(filled: Connection) -> None:
    hour, minute = at(70, 0.0), timedelta(minutes=1)
    kept = Row("AAA", "1h", hour, hour + 60 * minute, 5.0, None)
    with transaction(filled) as cursor:
        write(cursor, [kept, Row("AAA", "1m", hour, hour + minute, 5.0, None)])
        cursor.connection.rollback()
        assert dump(filled, "market_changes") == []
    with transaction(filled) as cursor:
        write(cursor, [kept, Row("AAA", "1m", hour, hour + minute, 5.0, None)])
    assert [(row[0], row[1], row[3]) for row in dump(filled, "market_changes")] == [("1h", "AAA", hour)]


def test_process_does_not_wait_for_the_one_that_calculates(filled: Connection) -> None:
    hour = at(70, 0.0)
    with other_process(filled) as second, transaction(second) as cursor:
        write(cursor, [Row("AAA", "1h", hour, hour + timedelta(hours=1), 5.0, None)])
        cursor.connection.commit()
        assert CALCULATING.take(cursor)
        keeper = MarketKeeper(SETTINGS)
        keeper.update_due(filled, reads_history=False)
        assert len(dump(filled, "market_changes")) == 1
    update(filled)
    assert_right(filled)


def test_page_reads_the_newest_times_and_the_newest_beta_of_each_symbol(filled: Connection) -> None:
    breadth, moves = dump(filled, "market_breadth"), dump(filled, "market_betas")
    with transaction(filled) as cursor:
        cursor.execute(
            "insert into symbols (symbol, price, event_time, received_time, session, source, quotes, late, extreme)"
            " values ('AAA', 1, now(), now(), 'regular', 'test', 1, 0, 0)"
        )
        shown, betas = read_breadth(cursor, "1d", 4), read_betas(cursor, "1d")
    newest = [row for row in breadth if row[0] == "1d"][-4:]
    assert list(zip(*shown.values(), strict=True)) == [(seconds(row[1]), *row[2:]) for row in newest]
    *_, last = (row for row in moves if row[0] == "1d" and row[2] == "AAA")
    assert {
        name: [value] for name, value in zip(betas, ("AAA", seconds(last[1]), *last[3:]), strict=True)
    } == betas
