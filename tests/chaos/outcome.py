"""The result of a run as bytes: every table except its columns of wall-clock time, and the log itself."""

import io
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import NamedTuple

from psycopg2 import sql

from shared.kafka import DEAD_LETTER_SUFFIX, Log, Message, open_log
from shared.postgres.database import Cursor, connect
from shared.progress.epochs import epoch_of, stamp
from shared.settings.config import Config

WALL_CLOCK_TABLES = (
    *("migrations", "parts", "log_origin", "producer_epochs"),
    *("watched_symbols", "watched_sources", "companies", "data_quality", "data_alerts", "live_offers"),
    *("model_trainings", "forecast_diagnostics", "symbol_times", "alert_times"),
)
"""When it was set up, who says that he lives, the random name of the Kafka cluster, how often a producer began; what
was asked of live sources and how they fare; what was trained and looked into, and when; how far symbols were when
somebody asked; when the broker appended the records that caused alerts."""
WALL_CLOCK_COLUMNS = ("updated_at", "appended_time", "seconds", "fingerprint")
TIMES_OF_THE_LOG = ("known_at",)
"""Two runs append their records at other times; `_wrong_times` compares these with the log of the run instead."""
KNOWN = """
    select 'bars', partition, "offset", known_at, count(*) from bars group by 2, 3, 4 union all
    select 'forecasts', partition, "offset", known_at, count(*) from forecasts group by 2, 3, 4 union all
    select 'alerts', partition, "offset", known_at, count(*) from alerts where "offset" is not null group by 2, 3, 4
    union all select 'actions', partition, settled_offset, known_at, count(*) from corporate_actions group by 2, 3, 4
    order by 1, 2, 3, 4
"""

TABLES = """
    select c.relname, array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
    from pg_class c join pg_index i on i.indrelid = c.oid and i.indisprimary
    join pg_attribute a on a.attrelid = c.oid and a.attnum = any(i.indkey)
    where c.relnamespace = 'public'::regnamespace and not c.relispartition and c.relname <> all(%s)
    group by c.relname order by c.relname
"""
COLUMNS = """
    select array_agg(attname::text order by attnum) from pg_attribute
    where attrelid = %s::regclass and attnum > 0 and not attisdropped and attname <> all(%s)
"""


Logged = tuple[int, Message]
"""A message with its partition."""


class Left(NamedTuple):
    """One table or topic: its rows, one a line, in the order of their keys."""

    name: str
    lines: list[bytes]


def outcome(config: Config, topic: Log) -> list[Left]:
    """Every table and both topics, in the order of their names. Raises Unavailable."""
    log = list(_messages(topic))
    dead = _messages(topic._replace(topic=topic.topic + DEAD_LETTER_SUFFIX))
    return [
        *tables_of(config, TIMES_OF_THE_LOG),
        Left("log", [_line(*each) for each in log]),
        Left("dead log", [_line(*each) for each in dead]),
        Left("wrong times", list(_wrong_times(config, log))),
    ]


def first_difference(one: Left, other: Left) -> str:
    """Where two versions of a table part, empty where they are the same to the byte."""
    for number, (left, right) in enumerate(zip(one.lines, other.lines, strict=False)):
        if left != right:
            return f"{one.name}, row {number}: {left[:300]!r} against {right[:300]!r}"
    if len(one.lines) != len(other.lines):
        longer = max(one.lines, other.lines, key=len)
        shorter = min(len(one.lines), len(other.lines))
        return f"{one.name}: {len(one.lines)} rows against {len(other.lines)}; {longer[shorter][:300]!r} is in one only"
    return ""


def tables_of(config: Config, besides: Sequence[str] = ()) -> Iterator[Left]:
    """Every table, in the order of their names, also without the columns `besides`. Raises Unavailable."""
    with _cursor(config) as cursor:
        cursor.execute(TABLES, (list(WALL_CLOCK_TABLES),))
        for table, key in cursor.fetchall():
            yield Left(table, _rows(cursor, table, key, [*WALL_CLOCK_COLUMNS, *besides]))


@contextmanager
def _cursor(config: Config) -> Iterator[Cursor]:
    dsn = config.postgres.dsn_for(config.database())
    with closing(connect(dsn, "chaos")) as connection, connection.cursor() as cursor:
        yield cursor


def _wrong_times(config: Config, log: Sequence[Logged]) -> Iterator[bytes]:
    """The rows that were not known when the log got the record that made them, with both times."""
    appended = {(partition, found.offset): found.timestamp for partition, found in log}
    with _cursor(config) as cursor:
        cursor.execute(KNOWN)
        for table, partition, offset, known_at, count in cursor.fetchall():
            known = None if known_at is None else round(known_at.timestamp() * 1000)
            if known is None or known != appended.get((partition, offset)):
                times = f"known at {known}, appended at {appended.get((partition, offset))}"
                yield f"{count} of {table} by {offset} of partition {partition}: {times}".encode()


def _rows(cursor: Cursor, table: str, key: list[str], besides: list[str]) -> list[bytes]:
    cursor.execute(COLUMNS, (table, besides))
    (columns,) = cursor.fetchone() or ([],)
    listed, ordered = (sql.SQL(", ").join(map(sql.Identifier, names)) for names in (columns, key))
    statement = sql.SQL("copy (select {} from {} order by {}) to stdout")
    rows = io.BytesIO()
    cursor.copy_expert(statement.format(listed, sql.Identifier(table), ordered), rows)
    return rows.getvalue().splitlines()


def _messages(topic: Log) -> Iterator[Logged]:
    with open_log(topic) as reader:
        for partition in range(topic.partitions):
            for found in reversed(list(reader.backwards(partition))):
                yield partition, found


def _line(partition: int, found: Message) -> bytes:
    """Partition, offset, key, value without its epoch, and headers of a message."""
    value = found.value and found.value.replace(stamp(epoch_of(found.value)), b"}")
    return repr((partition, found.offset, found.key, value, found.headers)).encode()
