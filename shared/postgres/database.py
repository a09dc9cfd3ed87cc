"""PostgreSQL connections, transactions and COPY. Tables and statements are in the parts that own them."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extensions import make_dsn, parse_dsn

from shared.errors import ConfigError, Locked, NoRoom, StopPart, TickstreamError, Unavailable

__all__ = [
    "Connection",
    "Cursor",
    "allow_hours",
    "connect",
    "copy_rows",
    "make_database",
    "require_every_text",
    "transaction",
]

CONNECT_TIMEOUT_SECONDS = 5
SILENCE_MS = 10_000
DUPLICATE_DATABASE = "42P04"
OUT_OF_SHARED_MEMORY = "53200"
DISK_FULL = "53100"
IDLE_IN_TRANSACTION = "25P03"
LOCK_NOT_AVAILABLE = "55P03"
LIMITS = {
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "30s",
    "statement_timeout": "10min",
    "tcp_user_timeout": "60s",
}
"""The server ends the transaction of a frozen client and so releases its locks; no client waits for a lock or an
answer without limit, but tries again."""
REFUSED = ("28P01", "28000", "42501")
"""Codes for a wrong password, an unknown user or host, and a missing privilege."""
REFUSED_AT_CONNECT = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "permission denied",
    'role "',
)
"""The same while connecting, when libpq passes on the server's text without a code."""
NO_DATABASE = re.compile('database ".*" does not exist')
"""What the server says of one while connecting."""
SESSION = {
    "timezone": "UTC",
    "client_min_messages": "warning",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    **LIMITS,
}
"""Settings that a server, database or user may override: with these, numbers lose no digits and statements have the
same meaning everywhere."""
UTF8 = "UTF8"
WITHOUT_CONVERSION = (UTF8, "SQL_ASCII")
"""Database encodings that store any text unchanged."""

_json = msgspec.json.Encoder()


@contextmanager
def _postgres_errors() -> Iterator[None]:
    """Turn errors of the server into errors named by what must happen next."""
    try:
        yield
    except psycopg2.Error as error:
        raise _named(error) from error


def _named(error: psycopg2.Error) -> TickstreamError:
    """The error for a psycopg2 error: retry if the server is unavailable, not if a retry would fail the same way."""
    text = " ".join(str(error).split()) or type(error).__name__
    connecting = isinstance(error, psycopg2.OperationalError) and error.pgcode is None
    if error.pgcode in REFUSED or (connecting and any(phrase in text for phrase in REFUSED_AT_CONNECT)):
        return ConfigError(
            f"PostgreSQL refuses the user of POSTGRES_USER and POSTGRES_PASSWORD (or POSTGRES_DSN): {text}. "
            "Correct these settings, or grant the user that privilege."
        )
    if connecting and NO_DATABASE.search(text):
        return Unavailable(f"The first start of the pipeline creates the database. PostgreSQL: {text}")
    if error.pgcode == DISK_FULL or "No space left on device" in text:
        return NoRoom(f"The disk of PostgreSQL is full, free some space: {text}")
    if error.pgcode == IDLE_IN_TRANSACTION:
        return Unavailable(f"PostgreSQL ended a transaction that was idle for too long: {text}")
    if error.pgcode == LOCK_NOT_AVAILABLE:
        return Locked(f"PostgreSQL: {text}")
    if error.pgcode == OUT_OF_SHARED_MEMORY:
        return StopPart(f"PostgreSQL has too few locks, increase its max_locks_per_transaction: {text}")
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return Unavailable(f"PostgreSQL: {text}")
    return StopPart(f"PostgreSQL rejected a statement: {text}")


def connect(dsn: str, part: str) -> Connection:
    """A connection named by its part in pg_stat_activity, which detects within seconds that the server is gone.

    Raises Unavailable, or ConfigError if the server rejects the user.
    """
    with _postgres_errors():
        return psycopg2.connect(
            dsn,
            application_name=f"tickstream {part}",
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            tcp_user_timeout=SILENCE_MS,
            keepalives_idle=5,
            keepalives_interval=2,
            client_encoding=UTF8,
            options=" ".join(f"-c {name}={value}" for name, value in SESSION.items()),
        )


def make_database(admin_dsn: str, name: str) -> str:
    """Create the database if it is missing; returns its DSN. Raises as `connect` does."""
    connection = connect(admin_dsn, "setup")
    try:
        connection.autocommit = True
        with _postgres_errors(), connection.cursor() as cursor:
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
        # Two parts that start together may both find it missing; for the second one it already exists.
        if error.pgcode not in (DUPLICATE_DATABASE, "23505"):
            raise


def require_every_text(connection: Connection) -> None:
    """Raise ConfigError unless the database can store all characters, such as a company's Japanese name."""
    encoding = connection.get_parameter_status("server_encoding")
    if encoding not in WITHOUT_CONVERSION:
        name = connection.info.dbname
        raise ConfigError(
            f"Database {name} is encoded in {encoding}, which can't store all characters. Choose another POSTGRES_DB, "
            "and create it with `createdb --encoding=UTF8 --template=template0 --locale=C NAME`."
        )


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """Commit at the end, or roll back on any error.

    Raises Unavailable if the server is unavailable, ConfigError if the user lacks a privilege, else StopPart.
    """
    with _postgres_errors():
        try:
            with connection.cursor() as cursor:
                yield cursor
            connection.commit()
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise


def commit(cursor: Cursor) -> None:
    """Keep what this transaction did so far; what follows is a transaction of its own."""
    cursor.connection.commit()


def allow_hours(cursor: Cursor) -> None:
    """Allow statements of this transaction to take hours, for example to alter a large table."""
    cursor.execute("set local statement_timeout = 0")


def allow_pauses(cursor: Cursor) -> None:
    """Allow long pauses between statements of this transaction, for example while a long log is read."""
    cursor.execute("set local idle_in_transaction_session_timeout = 0")


def copy_rows(
    cursor: Cursor, table: str, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> None:
    """COPY rows into a table; a value is a str, int, finite float, aware datetime or None, and is stored exactly."""
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null 'null', escape '\\')").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    cursor.copy_expert(statement, io.BytesIO(_csv(rows)), size=65_536)


def _csv(rows: Sequence[tuple[object, ...]]) -> bytes:
    """Rows in COPY's CSV format. JSON arrays without brackets are valid CSV and five times faster than lines joined in
    Python, unless a text contains characters that JSON escapes, which is rare."""
    lines = _json.encode_lines(rows)
    if b"\\" in lines:
        return "".join(",".join(map(_csv_value, row)) + "\n" for row in rows).encode()
    return lines[1:-2].replace(b"]\n[", b"\n") + b"\n"


def _csv_value(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return _json.encode(value).decode()
