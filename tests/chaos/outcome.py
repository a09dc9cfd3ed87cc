"""The result of a run as bytes: every table except its columns of wall-clock time, and the log itself."""

import io
from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

from psycopg2 import sql

from shared.kafka import DEAD_LETTER_SUFFIX, Log, open_log
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


class Left(NamedTuple):
    """One table or topic: its rows, one a line, in the order of their keys."""

    name: str
    lines: list[bytes]


def outcome(config: Config, topic: Log) -> list[Left]:
    """Every table and both topics, in the order of their names. Raises Unavailable."""
    dead_letter = topic._replace(topic=topic.topic + DEAD_LETTER_SUFFIX)
    return [
        *tables_of(config),
        Left("log", list(_messages(topic))),
        Left("dead log", list(_messages(dead_letter))),
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


def tables_of(config: Config) -> Iterator[Left]:
    """Every table, in the order of their names. Raises Unavailable."""
    with (
        closing(connect(config.postgres.dsn_for(config.database()), "chaos")) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(TABLES, (list(WALL_CLOCK_TABLES),))
        for table, key in cursor.fetchall():
            yield Left(table, _rows(cursor, table, key))


def _rows(cursor: Cursor, table: str, key: list[str]) -> list[bytes]:
    cursor.execute(COLUMNS, (table, list(WALL_CLOCK_COLUMNS)))
    (columns,) = cursor.fetchone() or ([],)
    listed, ordered = (sql.SQL(", ").join(map(sql.Identifier, names)) for names in (columns, key))
    statement = sql.SQL("copy (select {} from {} order by {}) to stdout")
    rows = io.BytesIO()
    cursor.copy_expert(statement.format(listed, sql.Identifier(table), ordered), rows)
    return rows.getvalue().splitlines()


def _messages(topic: Log) -> Iterator[bytes]:
    """Partition, offset, key, value without its epoch, and headers of every message."""
    with open_log(topic) as reader:
        for partition in range(topic.partitions):
            for found in reversed(list(reader.backwards(partition))):
                value = found.value and found.value.replace(stamp(epoch_of(found.value)), b"}")
                yield repr((partition, found.offset, found.key, value, found.headers)).encode()
