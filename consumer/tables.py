"""The storage part's tables: quotes and dead letters, written by COPY."""

from datetime import timedelta
from functools import lru_cache

from psycopg2 import sql
from psycopg2.extras import execute_values

from shared.database import Cursor, copy_lines
from shared.market import EPOCH, Quote
from shared.stream import DeadLetter

QUOTE_COLUMNS = (
    *("partition", "offset", "symbol", "event_time", "price", "size", "bid", "ask", "day_open", "day_high"),
    *("day_low", "previous_close", "day_volume", "currency", "exchange", "session", "source", "position"),
    "received_time",
)
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _number(value: float | None) -> str:
    return "\\N" if value is None else repr(value)


@lru_cache(maxsize=4096)
def _text(value: str | None) -> str:
    """A text in COPY's format. Sources, currencies and exchanges are few, so each is escaped once."""
    return "\\N" if value is None else value.translate(ESCAPES)


def quote_line(partition: int, offset: int, quote: Quote) -> str:
    """A quote as one row for COPY, in the order of QUOTE_COLUMNS; floats keep every digit."""
    number = _number
    event_time = quote.event_time.isoformat()
    received = quote.received_time
    received_time = event_time if received == quote.event_time else received.isoformat()
    return (
        f"{partition}\t{offset}\t{quote.symbol}\t{event_time}\t{quote.price!r}\t{number(quote.size)}\t"
        f"{number(quote.bid)}\t{number(quote.ask)}\t{number(quote.day_open)}\t{number(quote.day_high)}\t"
        f"{number(quote.day_low)}\t{number(quote.previous_close)}\t{number(quote.day_volume)}\t"
        f"{_text(quote.currency)}\t{_text(quote.exchange)}\t{_text(quote.session)}\t{_text(quote.source)}\t"
        f"{quote.position}\t{received_time}"
    )


def copy_quotes(cursor: Cursor, lines: list[str]) -> None:
    """Write rows made by `quote_line`."""
    if lines:
        copy_lines(cursor, "quotes", QUOTE_COLUMNS, lines)


def make_day(cursor: Cursor, day: int) -> None:
    """The part of `quotes` that takes a day of event time; `day` counts UTC days since 1970."""
    start = EPOCH + timedelta(days=day)
    name = f"quotes_{start:%Y%m%d}"
    statement = sql.SQL("create table if not exists {} partition of quotes for values from ({}) to ({})")
    bounds = (sql.Literal(start.isoformat()), sql.Literal((start + timedelta(days=1)).isoformat()))
    cursor.execute(statement.format(sql.Identifier(name), *bounds))


def days_made(cursor: Cursor) -> set[int]:
    """The days that `quotes` can take already, as counted by `make_day`."""
    cursor.execute(
        "select to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01'"
        " from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'quotes'::regclass"
    )
    return {day for (day,) in cursor.fetchall()}


def insert_dead_letters(cursor: Cursor, partition: int, letters: list[DeadLetter]) -> None:
    """Keep each bad message whole, with its reason and its place in the log."""
    rows = [
        (partition, message.offset, reason, message.key, message.value, message.timestamp / 1000)
        for message, reason in letters
    ]
    execute_values(
        cursor,
        'insert into dead_letters (partition, "offset", reason, key, message, appended_time) values %s',
        rows,
        template="(%s, %s, %s, %s, %s, to_timestamp(%s))",
    )


def dead_letters_after(cursor: Cursor, partition: int, offset: int) -> list[tuple[int, str, bytes, bytes]]:
    """Dead letters of a partition above `offset`: offset, reason, key, message."""
    cursor.execute(
        'select "offset", reason, key, message from dead_letters where partition = %s and "offset" > %s'
        ' order by "offset"',
        (partition, offset),
    )
    return cursor.fetchall()
