"""Copies of databases, which are made much faster than databases are filled."""

from contextlib import closing, suppress

from psycopg2 import sql
from psycopg2.errors import DuplicateDatabase, UniqueViolation
from psycopg2.extensions import make_dsn, parse_dsn

from db.migrate import migrate
from shared.postgres.database import connect, make_database

EMPTY = "tables_without_rows"
_made: set[str] = set()
"""The DSNs of databases with all tables and no row, one a server."""


def copy_database(admin_dsn: str, dsn: str, name: str) -> str:
    """Copy a database, to which nobody may be connected, to one of this name; returns its DSN."""
    known = parse_dsn(dsn)
    with closing(connect(admin_dsn, "test")) as connection:
        connection.autocommit = True
        words = sql.SQL("create database {} template {}")
        connection.cursor().execute(words.format(*map(sql.Identifier, (name, known["dbname"]))))
    return str(make_dsn(**{**known, "dbname": name}))


def database_with_tables(admin_dsn: str, name: str) -> str:
    """Make a database with all tables as `migrate` makes them, unless there is one of this name; returns its DSN."""
    # A part that makes it at the same time may be the first one.
    with suppress(DuplicateDatabase, UniqueViolation):
        copy_database(admin_dsn, _without_rows(admin_dsn), name)
    dsn = str(make_dsn(admin_dsn, dbname=name))
    migrate(dsn)
    return dsn


def _without_rows(admin_dsn: str) -> str:
    dsn = str(make_dsn(admin_dsn, dbname=EMPTY))
    if dsn not in _made:
        migrate(make_database(admin_dsn, EMPTY))
        _made.add(dsn)
    return dsn
