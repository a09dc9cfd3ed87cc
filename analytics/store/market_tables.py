"""The tables of the market's figures: what they are calculated with, what is to be calculated, and the results."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg2.extras import execute_values

from analytics.cross_section.moves import BreadthCounts, Move
from analytics.store.times import utc
from shared.market.records import Interval
from shared.postgres.database import Cursor, allow_hours, copy_rows
from shared.postgres.locks import StepLock
from shared.postgres.upsert import upsert

LOCK = 7_205_803
"""Key of the advisory lock of the process that calculates: the breadth is a sum that one process at a time changes."""
CALCULATING = StepLock(LOCK)
MOVE_COLUMNS = ("interval", "symbol", "time", *Move._fields)

CHANGES = """
    select interval, symbol, floor(extract(epoch from min(changed_from)))::bigint, array_agg(id)
    from market_changes where interval = (select min(interval) from market_changes) and (%s)
    group by interval, symbol order by symbol limit %%s
"""

MOVES = f"""
    select c.symbol, extract(epoch from m.time)::bigint, {", ".join(Move._fields)}
    from unnest(%s::text[], %s::bigint[], %s::bigint[]) as c (symbol, since, until) cross join lateral (
        select * from market_moves
        where interval = %s and symbol = c.symbol and time >= to_timestamp(c.since) and time < to_timestamp(c.until)
        offset 0
    ) m
"""  # noqa: S608 (names of our own)
"""Each symbol looks up its rows by key; `offset 0` enforces this."""

OTHERS = """
    with recursive known (symbol) as (
        (select symbol from market_moves where interval = %(interval)s order by symbol limit 1)
        union all
        select (select symbol from market_moves m where m.interval = %(interval)s and m.symbol > k.symbol
            order by symbol limit 1)
        from known k where k.symbol is not null
    )
    insert into market_changes (interval, symbol, changed_from)
    select %(interval)s, symbol, to_timestamp(%(since)s) from known where symbol <> %(symbol)s
"""

EVERY_SYMBOL = """
    with recursive known (symbol) as (
        (select symbol from bars order by symbol limit 1)
        union all
        select (select symbol from bars b where b.symbol > k.symbol order by symbol limit 1)
        from known k where k.symbol is not null
    )
    insert into market_changes (interval, symbol, changed_from)
    select %(interval)s, k.symbol, b.start from known k cross join lateral (
        select start from bars where symbol = k.symbol and interval = %(interval)s order by start limit 1
    ) b
"""
"""OTHERS and EVERY_SYMBOL look up one symbol after the other by key: the tables have many rows of each."""


class KeptSettings(NamedTuple):
    """What the stored figures of an interval are calculated with; without a benchmark there are no betas."""

    benchmark: str | None
    returns: int


class MarketChange(NamedTuple):
    """The figures of a symbol are outdated from `since` on, epoch seconds; `ids` are those of the notes that say so."""

    interval: Interval
    symbol: str
    since: int
    ids: list[int]


class MoveSpan(NamedTuple):
    """The moves of a symbol from a time on, until before another, in epoch seconds."""

    symbol: str
    since: int
    until: int


def kept_settings(cursor: Cursor) -> dict[Interval, KeptSettings]:
    """The settings of the stored figures, by interval."""
    cursor.execute("select interval, benchmark, returns from market_settings")
    return {interval: KeptSettings(*settings) for interval, *settings in cursor.fetchall()}


def stop_keeping(cursor: Cursor, intervals: Sequence[Interval]) -> None:
    """Delete all figures of these intervals, which would become outdated."""
    allow_hours(cursor)
    for table in ("market_moves", "market_breadth"):
        cursor.execute(f"delete from {table} where interval = any(%s)", (intervals,))  # noqa: S608 (names of our own)
    _wait_for_writers(cursor)
    for table in ("market_settings", "market_changes"):
        cursor.execute(f"delete from {table} where interval = any(%s)", (intervals,))  # noqa: S608 (names of our own)


def keep(cursor: Cursor, interval: Interval, settings: KeptSettings) -> None:
    """Keep the figures of an interval from now on, or with other settings; those of all stored bars are to be
    calculated."""
    _wait_for_writers(cursor)
    upsert(cursor, "market_settings", ("interval", *KeptSettings._fields), [(interval, *settings)])
    cursor.execute(EVERY_SYMBOL, {"interval": interval})


def _wait_for_writers(cursor: Cursor) -> None:
    """Wait until what is being written is committed: its writers have noted it by the settings until now."""
    cursor.execute("lock table bars, indicators, corporate_actions in share mode")


def is_anything_noted(cursor: Cursor) -> bool:
    """Whether anything is to be calculated."""
    cursor.execute("select exists (select from market_changes)")
    ((is_noted,),) = cursor.fetchall()
    return bool(is_noted)


def changes(cursor: Cursor, limit: int) -> list[MarketChange]:
    """What is to be calculated, of one interval and up to so many symbols, in their order."""
    cursor.execute(CHANGES % "true", (limit,))
    return [MarketChange(*row) for row in cursor.fetchall()]


def changes_of(cursor: Cursor, symbol: str) -> list[MarketChange]:
    """What is to be calculated of a symbol, in the interval that `changes` returns next: one change or none."""
    cursor.execute(CHANGES % "symbol = %s", (symbol, 1))
    return [MarketChange(*row) for row in cursor.fetchall()]


def note_other_symbols(cursor: Cursor, benchmark: MarketChange) -> None:
    """Note that the betas of all other symbols are outdated by a change of the benchmark."""
    cursor.execute(OTHERS, benchmark._asdict())


def replace_notes(cursor: Cursor, done: Sequence[MarketChange], rest: Mapping[str, int]) -> None:
    """Delete the notes of what was calculated, and note what is left of it: a time in epoch seconds by symbol."""
    ids = [number for change in done for number in change.ids]
    symbols = [change.symbol for change in done]
    cursor.execute(
        "delete from market_changes where interval = %s and symbol = any(%s) and id = any(%s)",
        (done[0].interval, symbols, ids),
    )
    if rest:
        execute_values(
            cursor,
            "insert into market_changes (interval, symbol, changed_from) values %s",
            [(done[0].interval, symbol, utc(since)) for symbol, since in rest.items()],
        )


def moves_of(cursor: Cursor, interval: Interval, spans: Sequence[MoveSpan]) -> dict[str, dict[int, Move]]:
    """The stored moves of these spans, by symbol and time in epoch seconds."""
    symbols, sinces, untils = (list(column) for column in zip(*spans, strict=True))
    cursor.execute(MOVES, (symbols, sinces, untils, interval))
    found: dict[str, dict[int, Move]] = {symbol: {} for symbol in symbols}
    for symbol, time, *move in cursor.fetchall():
        found[symbol][time] = Move(*move)
    return found


def replace_moves(
    cursor: Cursor,
    interval: Interval,
    before: Mapping[str, Mapping[int, Move]],
    after: Mapping[str, Mapping[int, Move]],
) -> None:
    """Write the moves that differ from those before, and delete those that are no more."""
    changed = [
        (symbol, time, move)
        for symbol, moves in after.items()
        for time, move in moves.items()
        if move != before[symbol].get(time)
    ]
    rows = [(interval, symbol, utc(time), *move) for symbol, time, move in changed if time in before[symbol]]
    upsert(cursor, "market_moves", MOVE_COLUMNS, rows, keys=3)
    if new := [
        (interval, symbol, utc(time), *move) for symbol, time, move in changed if time not in before[symbol]
    ]:
        copy_rows(cursor, "market_moves", MOVE_COLUMNS, new)
    gone = [
        (interval, symbol, utc(time))
        for symbol, moves in before.items()
        for time in moves.keys() - after.get(symbol, {}).keys()
    ]
    if gone:
        execute_values(
            cursor,
            "delete from market_moves m using (values %s) as gone (interval, symbol, time)"
            " where m.interval = gone.interval and m.symbol = gone.symbol and m.time = gone.time",
            gone,
        )


def add_to_breadth(cursor: Cursor, interval: Interval, change: Mapping[int, BreadthCounts]) -> None:
    """Add these counts, which may be negative, to the breadth at times in epoch seconds. A time without symbols has no
    row."""
    if not change:
        return
    names = BreadthCounts._fields
    times = [utc(time) for time in change]
    zeros = ", ".join("0" for _ in names)
    cursor.execute(
        f"insert into market_breadth (interval, time, {', '.join(names)})"  # noqa: S608 (names of our own)
        f" select %s, time, {zeros} from unnest(%s) as changed (time) on conflict do nothing",
        (interval, times),
    )
    sums = ", ".join(f"{name} = b.{name} + added.{name}" for name in names)
    execute_values(
        cursor,
        f"update market_breadth b set {sums} from (values %s) as added (interval, time, {', '.join(names)})"  # noqa: S608
        " where b.interval = added.interval and b.time = added.time",
        [(interval, utc(time), *counts) for time, counts in change.items()],
        page_size=len(change),
    )
    cursor.execute(
        "delete from market_breadth where interval = %s and time = any(%s) and symbols = 0", (interval, times)
    )


def breadth_rows(cursor: Cursor, interval: Interval, times: int) -> list[tuple[int, BreadthCounts]]:
    """The stored breadth of the last times, in order, each in epoch seconds."""
    cursor.execute(
        f"select extract(epoch from time)::bigint, {', '.join(BreadthCounts._fields)} from market_breadth"  # noqa: S608
        " where interval = %s order by time desc limit %s",
        (interval, times),
    )
    return [(time, BreadthCounts(*counts)) for time, *counts in cursor.fetchall()][::-1]
