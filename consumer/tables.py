"""The tables of the storage part: quotes, written by COPY, and dead letters."""

from datetime import timedelta

from msgspec.structs import astuple
from psycopg2 import sql
from psycopg2.extras import execute_values

from shared.market.records import EPOCH, Quote
from shared.postgres.database import Cursor, copy_rows
from shared.progress.batches import DeadLetter

STORED_FIELDS = Quote.__struct_fields__[: Quote.__struct_fields__.index("correction")]
"""All fields but the last: the clock correction is not market data."""
QUOTE_COLUMNS = ("partition", "offset", *STORED_FIELDS)
DAY_LOCK = 7_205_802


def quote_row(partition: int, offset: int, quote: Quote) -> tuple[object, ...]:
    """A quote as one row of QUOTE_COLUMNS: partition and offset, then every stored field."""
    return (partition, offset, *astuple(quote)[: len(STORED_FIELDS)])


def copy_quotes(cursor: Cursor, rows: list[tuple[object, ...]]) -> None:
    """Write rows built by `quote_row`."""
    if rows:
        copy_rows(cursor, "quotes", QUOTE_COLUMNS, rows)


def make_day(cursor: Cursor, day: int) -> None:
    """Create the partition of `quotes` for one day of event time; `day` counts UTC days since 1970.

    It is created as a separate table and then attached. Attaching does not wait for running readers, such as a backup
    that runs over midnight, whereas "create table … partition of" would wait for them and block all later readers. A
    lock makes group members that reach a new day at the same time create it one after the other.
    """
    cursor.execute("select pg_advisory_xact_lock(%s)", (DAY_LOCK,))
    start = EPOCH + timedelta(days=day)
    name = f"quotes_{start:%Y%m%d}"
    cursor.execute("select to_regclass(%s) is not null", (name,))
    if cursor.fetchall() == [(True,)]:
        return
    create = sql.SQL("create table {} (like quotes including all)").format(sql.Identifier(name))
    attach = sql.SQL("alter table quotes attach partition {} for values from ({}) to ({})")
    bounds = (sql.Literal(start.isoformat()), sql.Literal((start + timedelta(days=1)).isoformat()))
    cursor.execute(create)
    cursor.execute(attach.format(sql.Identifier(name), *bounds))


def wait_for_locks(cursor: Cursor, longest: str) -> None:
    """Limit waits for locks to `longest`, such as "30s", for the rest of the transaction."""
    cursor.execute("select set_config('lock_timeout', %s, true)", (longest,))


def days_made(cursor: Cursor) -> set[int]:
    """The days that already have a partition of `quotes`, counted as in `make_day`."""
    cursor.execute(
        "select to_date(right(c.relname, 8), 'YYYYMMDD') - date '1970-01-01'"
        " from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'quotes'::regclass"
    )
    return {day for (day,) in cursor.fetchall()}


def insert_dead_letters(cursor: Cursor, partition: int, letters: list[DeadLetter]) -> None:
    """Store each invalid message unchanged, with its reason and its offset in the log."""
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


def newest_dead_letter(cursor: Cursor, partition: int) -> int:
    """The offset of the last dead letter of a partition, -1 if it has none."""
    cursor.execute('select coalesce(max("offset"), -1) from dead_letters where partition = %s', (partition,))
    ((offset,),) = cursor.fetchall()
    return int(offset)


def has_letter(cursor: Cursor, partition: int, offset: int, message: bytes | None) -> bool:
    """Whether this message is stored as the dead letter of that offset."""
    cursor.execute(
        "select exists (select from dead_letters"
        ' where partition = %s and "offset" = %s and message is not distinct from %s::bytea)',
        (partition, offset, message),
    )
    return cursor.fetchall() == [(True,)]


def has_letter_of(cursor: Cursor, partition: int, offset: int, digest: bytes) -> bool:
    """Whether a message with this SHA-256, in hexadecimal digits, is stored as the dead letter of that offset."""
    cursor.execute(
        'select exists (select from dead_letters where partition = %s and "offset" = %s'
        " and convert_to(encode(sha256(coalesce(message, '')), 'hex'), 'UTF8') = %s::bytea)",
        (partition, offset, digest),
    )
    return cursor.fetchall() == [(True,)]


def dead_letters_after(
    cursor: Cursor, partition: int, offset: int, limit: int
) -> list[tuple[int, str, bytes | None, bytes | None]]:
    """The first dead letters of a partition above `offset`, at most `limit`: offset, reason, key, message."""
    cursor.execute(
        'select "offset", reason, key, message from dead_letters where partition = %s and "offset" > %s'
        ' order by "offset" limit %s',
        (partition, offset, limit),
    )
    return [
        (at, reason, *(None if part is None else bytes(part) for part in (key, message)))
        for at, reason, key, message in cursor.fetchall()
    ]
