"""What a log that is folded again says anew, in place of what an older version or older settings wrote."""

from psycopg2.extras import execute_values

from analytics.engine import Event
from analytics.split_check import Settled
from analytics.tables import BAR_COLUMNS, bar_row, replace_indicators, write_actions, write_doubts
from shared.database import Cursor

OVERLAPPING = """
    delete from {table} old using bars b, (values %s) as made (symbol, interval, start, "end")
    where b.symbol = made.symbol and b.interval = made.interval
        and b.start > made.start - interval '2 days' and b.start < made."end" and b."end" > made.start
        and b.start <> made.start
        and old.symbol = b.symbol and old.interval = b.interval and old.start = b.start
"""
"""A bar is no longer than a day: those that begin two days sooner end sooner too."""


def replace_events(cursor: Cursor, events: list[Event]) -> None:
    """Write bars that are missing, such as days that an older version set aside, and every indicator anew.

    A bar that is there stays as it is; those that overlap with one that was missing, which older trading hours cut,
    give way to it.
    """
    if not events:
        return
    bars = [bar_row(event.closed.bar) for event in events]
    slots = [row[:4] for row in bars]
    for table in ("indicators", "bars"):
        execute_values(cursor, OVERLAPPING.format(table=table), slots, page_size=1_000)
    names = ", ".join(f'"{name}"' for name in BAR_COLUMNS)
    statement = f"insert into bars ({names}) values %s on conflict do nothing"  # noqa: S608 (names of our own)
    execute_values(cursor, statement, bars, page_size=1_000)
    replace_indicators(cursor, [(event.closed.bar, event.closed.indicators) for event in events])


def replace_actions(cursor: Cursor, partition: int, actions: list[Settled]) -> None:
    """Write splits and dividends that hold, and remove the splits that prices don't show."""
    write_actions(cursor, partition, [settled for settled in actions if not settled.doubt])
    doubted = [settled for settled in actions if settled.doubt]
    if doubted:
        execute_values(
            cursor,
            "delete from corporate_actions a using (values %s) as doubted (symbol, time)"
            " where a.symbol = doubted.symbol and a.time = doubted.time and a.action = 'split'",
            [(said.symbol, said.time) for _, said, _ in doubted],
        )
    write_doubts(cursor, doubted)
