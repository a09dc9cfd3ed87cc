"""Writes the results of a reprocessed log in place of those of an older version or of older settings."""

from datetime import timedelta

from psycopg2.extras import execute_values

from analytics.engine.events import Event
from analytics.engine.split_check import SettledAction
from analytics.store.own_tables import replace_own
from analytics.store.tables import (
    CLOSED_BAR_COLUMNS,
    bar_row,
    replace_indicators,
    write_actions,
    write_split_alerts,
)
from shared.market.records import INTERVAL_SECONDS, Bar
from shared.postgres.database import Cursor
from shared.progress.provenance import FoldedRecords

OVERLAPPING = """
    select made.symbol, made.interval, found.start
    from (values %s) as made (symbol, interval, start, "end", longest) cross join lateral (
        select b.start from bars b
        where b.symbol = made.symbol and b.interval = made.interval
            and b.start > made.start - made.longest and b.start < made."end" and b."end" > made.start
            and b.start <> made.start
        offset 0
    ) found
"""
"""Each bar looks up its own neighbours by key; `offset 0` enforces this. A plain join would compare every new bar with
every bar of its series, which takes hours for long series."""


def _slot(bar: Bar) -> tuple[object, ...]:
    """A bar's key, its end, and an upper limit of the length of its interval's bars; a day may have 25 hours."""
    longest = timedelta(seconds=INTERVAL_SECONDS[bar.interval])
    return (*bar_row(bar)[:4], 2 * longest if bar.interval == "1d" else longest)


_NAMES = ", ".join(f'"{name}"' for name in CLOSED_BAR_COLUMNS)
_MADE = ", ".join(f'excluded."{name}"' for name in CLOSED_BAR_COLUMNS)
_STORED = ", ".join(f'bars."{name}"' for name in CLOSED_BAR_COLUMNS)
BARS = f"""
    insert into bars ({_NAMES}) values %s on conflict (symbol, interval, start) do update set ({_NAMES}) = row({_MADE})
    where ({_STORED}) is distinct from ({_MADE})
"""  # noqa: S608 (names of our own)
"""An unchanged bar is not written again."""


def replace_events(cursor: Cursor, records: FoldedRecords, events: list[Event]) -> None:
    """Write recalculated bars and indicators: bars that are missing, such as days that an older version set aside, and
    bars that it closed differently or by another one of the `records`. A bar and its indicators always come from the
    same run.

    Stored bars that overlap with a recalculated one, because of older trading hours, are deleted.
    """
    if not events:
        return
    bars = [(*bar_row(event.closed.bar), *records.provenance(event.offset)) for event in events]
    slots = [_slot(event.closed.bar) for event in events]
    if cut := execute_values(cursor, OVERLAPPING, slots, page_size=1_000, fetch=True):
        _delete(cursor, cut)
    execute_values(cursor, BARS, bars, page_size=1_000)
    closed = [event.closed for event in events]
    replace_indicators(cursor, [(each.bar, each.indicators) for each in closed])
    replace_own(cursor, [(each.bar, each.own) for each in closed if each.own is not None])


def _delete(cursor: Cursor, keys: list[tuple[object, ...]]) -> None:
    """Delete bars and their indicators."""
    for table in ("own_indicators", "indicators", "bars"):
        statement = f"""delete from {table} old using (values %s) as cut (symbol, interval, start)
            where old.symbol = cut.symbol and old.interval = cut.interval and old.start = cut.start"""  # noqa: S608
        execute_values(cursor, statement, keys, page_size=1_000)


def replace_actions(cursor: Cursor, records: FoldedRecords, actions: list[SettledAction]) -> None:
    """Write splits and dividends that took effect, and delete splits that prices do not confirm."""
    write_actions(cursor, records, [settled for settled in actions if not settled.rejection])
    rejected = [settled for settled in actions if settled.rejection]
    if rejected:
        execute_values(
            cursor,
            "delete from corporate_actions a using (values %s) as rejected (symbol, time)"
            " where a.symbol = rejected.symbol and a.time = rejected.time and a.action = 'split'",
            [(action.symbol, action.time) for _, action, *_ in rejected],
        )
    write_split_alerts(cursor, rejected)
