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

from shared.errors import ConfigError, NoRoom, StopPart, TickstreamError, Unavailable

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
LIMITS = {
    "idle_in_transaction_session_timeout": "60s",
    "lock_timeout": "30s",
    "statement_timeout": "10min",
    "tcp_user_timeout": "60s",
}
"""The server ends what a client that is frozen began, and with it the locks that it holds; and no client waits for a
lock or an answer without end. It tries again instead."""
REFUSED = ("28P01", "28000", "42501")
"""Wrong password, no such user or no access from here, and no right to do that."""
REFUSED_AT_CONNECT = (
    "authentication failed",
    "no password supplied",
    "pg_hba.conf",
    "permission denied",
    'role "',
)
"""The same while connecting, where the client passes on the server's words without its code."""
SESSION = {
    "timezone": "UTC",
    "client_min_messages": "warning",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    **LIMITS,
}
"""What a server, a database or a user may have set otherwise: numbers lose no digit, and statements mean the same."""
UTF8 = "UTF8"
WITHOUT_CONVERSION = (UTF8, "SQL_ASCII")
"""Encodings of databases that keep every text as it is."""

_json = msgspec.json.Encoder()


@contextmanager
def _postgres_errors() -> Iterator[None]:
    """Names every error of the server by what happens next."""
    try:
        yield
    except psycopg2.Error as error:
        raise _named(error) from error


def _named(error: psycopg2.Error) -> TickstreamError:
    """A server that is away is waited for; what would end the same way again is not tried again."""
    said = " ".join(str(error).split()) or type(error).__name__
    connecting = isinstance(error, psycopg2.OperationalError) and error.pgcode is None
    if error.pgcode in REFUSED or (connecting and any(words in said for words in REFUSED_AT_CONNECT)):
        return ConfigError(
            f"PostgreSQL refuses the user of POSTGRES_USER and POSTGRES_PASSWORD (or POSTGRES_DSN): {said}. "
            "Mend these settings, or give the user that right."
        )
    if error.pgcode == DISK_FULL or "No space left on device" in said:
        return NoRoom(f"The disk of PostgreSQL is full, make room on it: {said}")
    if error.pgcode == IDLE_IN_TRANSACTION:
        return Unavailable(f"PostgreSQL ended a transaction in which nothing happened for too long: {said}")
    if error.pgcode == OUT_OF_SHARED_MEMORY:
        return StopPart(f"PostgreSQL has too few locks, raise its max_locks_per_transaction: {said}")
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return Unavailable(f"PostgreSQL: {said}")
    return StopPart(f"PostgreSQL refused a statement, and would again: {said}")


def connect(dsn: str, part: str) -> Connection:
    """A connection that names its part in pg_stat_activity, and notices within seconds that the server is gone.

    Raises Unavailable, and ConfigError where the server refuses the user.
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
    """Make the database where it is missing; the DSN to reach it. Raises as `connect` does."""
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
        # Two parts that start together both find it missing; the second one's wish is fulfilled already.
        if error.pgcode not in (DUPLICATE_DATABASE, "23505"):
            raise


def require_every_text(connection: Connection) -> None:
    """Raises ConfigError where the database can't store every text, such as the name of a Japanese company."""
    encoding = connection.get_parameter_status("server_encoding")
    if encoding not in WITHOUT_CONVERSION:
        name = connection.info.dbname
        raise ConfigError(
            f"Database {name} is encoded in {encoding}, which can't store every text. Choose another POSTGRES_DB, and "
            "make it with `createdb --encoding=UTF8 --template=template0 --locale=C NAME`."
        )


@contextmanager
def transaction(connection: Connection) -> Iterator[Cursor]:
    """All or nothing: commit at the end, roll back on any error.

    Raises Unavailable where the server is away, ConfigError where the user lacks a right, else StopPart.
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


def allow_hours(cursor: Cursor) -> None:
    """What follows in this transaction may take hours, as changing the form of a large table does."""
    cursor.execute("set local statement_timeout = 0")


def allow_pauses(cursor: Cursor) -> None:
    """Between two statements of this transaction much time may pass, as while a long log is read."""
    cursor.execute("set local idle_in_transaction_session_timeout = 0")


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
