"""PostgreSQL: connections, transactions and COPY. Tables and statements are in the parts that own them."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn, parse_dsn

from shared.errors import Unavailable

__all__ = ["Connection", "Cursor", "connect", "copy_rows", "make_database", "transaction"]

CONNECT_TIMEOUT_SECONDS = 5
DUPLICATE_DATABASE = "42P04"

_json = msgspec.json.Encoder()


@contextmanager
def _unavailable() -> Iterator[None]:
    """A server that is away, or goes away, is a reason to wait and try again."""
    try:
        yield
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        raise Unavailable(f"PostgreSQL: {str(error).strip() or type(error).__name__}") from error


def connect(dsn: str, part: str) -> Connection:
    """A connection that names its part in pg_stat_activity. Raises Unavailable."""
    with _unavailable():
        return psycopg2.connect(
            dsn,
            application_name=f"tickstream {part}",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            options="-c timezone=UTC -c client_min_messages=warning",
        )


def make_database(admin_dsn: str, name: str) -> str:
    """Make the database where it is missing; the DSN to reach it. Raises Unavailable."""
    connection = connect(admin_dsn, "setup")
    try:
        connection.autocommit = True
        with _unavailable(), connection.cursor() as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone() is None:
                _create(cursor, name)
    finally:
        connection.close()
    return str(make_dsn(**{**parse_dsn(admin_dsn), "dbname": name}))


def _create(cursor: Cursor, name: str) -> None:
    try:
        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg2.Error as error:
        # Two parts that start together both find it missing; the second one's wish is fulfilled already.
        if error.pgcode not in (DUPLICATE_DATABASE, "23505"):
            raise


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """All or nothing: commit at the end, roll back on any error. Raises Unavailable where the server is away."""
    with _unavailable():
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise


def copy_rows(
    cursor: Cursor, table: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """COPY rows into a table; a value is a str, int, finite float, aware datetime or None, and arrives as it is."""
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null 'null', escape '\\')").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    cursor.copy_expert(statement, io.BytesIO(_csv(rows)), size=65_536)


def _csv(rows: Sequence[tuple[object, ...]]) -> bytes:
    """Rows in COPY's CSV. JSON arrays without their brackets are just that, five times faster than lines put
    together here; but not where a text holds what JSON escapes, which is rare."""
    lines = _json.encode_lines(rows)
    if b"\\" in lines:
        return "".join(",".join(map(_csv_value, row)) + "\n" for row in rows).encode()
    return lines[1:-2].replace(b"]\n[", b"\n") + b"\n"


def _csv_value(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _json.encode(value).decode()
