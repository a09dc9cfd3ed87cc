"""Debugging options for database connections; off by default."""

import logging
import sys

from psycopg2.extensions import parse_dsn

from shared.settings.sections import Debugging

SECRET_WORDS = ("password", "secret")
MASK = "********"

log = logging.getLogger("tickstream.database")


def before_connecting(settings: Debugging, dsn: str) -> None:
    """Log `dsn` with masked secrets and stop in the debugger, each if enabled in the settings.

    The debugger needs a terminal, which the parts of a pipeline don't have.
    """
    if settings.debug_db_config:
        log.info("PostgreSQL settings: %s", masked(dsn))
    if settings.debug_db_breakpoint and not sys.stdin.isatty():
        log.warning("DEBUG_DB_BREAKPOINT needs a terminal and is ignored: run this part alone in a terminal.")
    elif settings.debug_db_breakpoint:
        breakpoint()  # noqa: T100 - DEBUG_DB_BREAKPOINT asks for it


def masked(dsn: str) -> str:
    """A connection string with masked secrets."""
    settings = {
        name: MASK if any(word in name for word in SECRET_WORDS) else value
        for name, value in parse_dsn(dsn).items()
    }
    return " ".join(f"{name}={value}" for name, value in settings.items())
