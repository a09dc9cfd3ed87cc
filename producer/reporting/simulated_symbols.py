"""Adds and removes symbols of the simulated market while it runs, as requested in the tables.

The time at which a symbol joins is stored before its first quote, so that a restarted producer continues with the same
market.
"""

import logging
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

from db.migrate import migrate
from producer.sources.simulated import SimulatedMarket
from producer.store.tables import SymbolRequest, read_symbol_requests, write_joined
from shared.market.records import EPOCH
from shared.postgres.database import Connection, connect, make_database, transaction
from shared.settings.config import Config

MINUTE = timedelta(minutes=1)
AHEAD = timedelta(seconds=3)
"""Minimum time between the decision and the minute in which a symbol joins, to store the decision."""

log = logging.getLogger("tickstream.producer")


class MarketMembership:
    """Adds symbols to a market and removes them."""

    def __init__(self, market: SimulatedMarket) -> None:
        self._market = market
        self._gone: frozenset[str] = frozenset()

    def begin(self, asked: Sequence[SymbolRequest]) -> None:
        """Restore the market's symbols as they were when the producer ended."""
        for symbol, wanted, joined_at in asked:
            if wanted and joined_at is not None and joined_at > EPOCH:
                self._market.join(symbol, _minute(joined_at))
        self._gone = frozenset(each.symbol for each in asked if not each.wanted)
        self._market.leave(self._gone)

    def apply_requests(self, connection: Connection) -> None:
        """Apply new requests, once a second. Raises the errors of the database."""
        with transaction(connection) as cursor:
            asked = read_symbol_requests(cursor)
        gone = frozenset(each.symbol for each in asked if not each.wanted)
        self._market.leave(gone - self._gone)
        self._gone = gone
        for each in asked:
            if each.wanted and each.joined_at is None:
                self._join(connection, each.symbol)

    def _join(self, connection: Connection, symbol: str) -> None:
        """Add a symbol at the next full minute, or at a later one if storing that took too long."""
        joins = EPOCH + MINUTE * (_minute(datetime.now(UTC) + AHEAD) + 1)
        with transaction(connection) as cursor:
            write_joined(cursor, symbol, joins)
        while not self._market.join(symbol, _minute(joins)):
            joins += MINUTE
            with transaction(connection) as cursor:
                write_joined(cursor, symbol, joins)
        log.info("%s joins the simulated market at %s.", symbol, f"{joins:%H:%M} UTC")


def _minute(moment: datetime) -> int:
    return (moment - EPOCH) // MINUTE


def read_requests(config: Config) -> list[SymbolRequest]:
    """The symbols added to and removed from the market of these settings. Raises Unavailable."""
    dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
    migrate(dsn)
    with closing(connect(dsn, "producer")) as connection, transaction(connection) as cursor:
        return read_symbol_requests(cursor)
