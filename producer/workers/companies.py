"""What is known of each watched symbol: name, exchange, decimals and more, asked of its primary source once a day."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from producer.sources.answers import Company
from producer.sources.provider import Provider
from producer.store.tables import CompanyRow, read_companies, write_company
from shared.errors import ConfigError, SourceError, Unavailable, UnknownSymbol
from shared.market.listings import Listing, Listings
from shared.postgres.database import Connection, transaction

FRESH = timedelta(hours=24)
UNKNOWN_REST = timedelta(hours=1)
"""How long nothing is asked again that is answered the same for long: a symbol that its source does not know."""
FAILURE_REST = timedelta(minutes=1)
"""How long a source that failed without saying when to come back is left alone."""
LONGEST_REST = timedelta(hours=24)
"""No source is left alone for longer."""

log = logging.getLogger("tickstream.producer")


class Companies:
    """Keeps the table of companies fresh; one thread calls `step`, any thread may read `known`.

    `known` is what is known by symbol, from earlier runs too; it grows meanwhile, so go over a copy. `provider` gives a
    provider by its name.
    """

    def __init__(self, provider: Callable[[str], Provider]) -> None:
        self.known: dict[str, Company] = {}
        self._provider = provider
        self._rows: dict[str, CompanyRow] | None = None
        self._rests: dict[Listing | str, datetime] = {}

    def step(self, connection: Connection, listings: Listings, now: datetime) -> bool:
        """Ask for the first symbol that is due; whether one was. One at a time: history shares the request limit.

        Raises as `transaction` does.
        """
        rows = self._known_rows(connection)
        for symbol, (primary, *_) in listings.items():
            if self._is_due(rows.get(symbol), primary, now):
                self._ask(connection, symbol, primary, now)
                return True
        return False

    def _known_rows(self, connection: Connection) -> dict[str, CompanyRow]:
        """Every row, read from the table at the first step."""
        if self._rows is None:
            with transaction(connection) as cursor:
                self._rows = read_companies(cursor)
            self.known.update({symbol: row.company for symbol, row in self._rows.items()})
        return self._rows

    def _is_due(self, row: CompanyRow | None, primary: Listing, now: datetime) -> bool:
        # After a clock was set back nothing rests for longer than it could have been told to.
        rests = [self._rests[key] - now for key in (primary, primary.source) if key in self._rests]
        if any(timedelta(0) < rest <= LONGEST_REST for rest in rests):
            return False
        return row is None or row.source != primary.source or abs(now - row.fetched_at) >= FRESH

    def _ask(self, connection: Connection, symbol: str, primary: Listing, now: datetime) -> None:
        try:
            company = self._provider(primary.source).company(primary.name)
        except UnknownSymbol as error:
            log.warning("%s: %s", symbol, error)
            self._rests[primary] = now + UNKNOWN_REST
        except (SourceError, ConfigError, Unavailable) as error:
            log.info("%s: its company data could not be read: %s", symbol, error)
            self._rests[primary.source] = now + _rest_after(error)
        else:
            self._keep(connection, CompanyRow(company._replace(symbol=symbol), primary.source, now))

    def _keep(self, connection: Connection, row: CompanyRow) -> None:
        with transaction(connection) as cursor:
            write_company(cursor, row)
        symbol = row.company.symbol
        self._known_rows(connection)[symbol] = row
        self.known[symbol] = row.company


def _rest_after(error: SourceError | ConfigError | Unavailable) -> timedelta:
    """How long to leave a source alone; a setting that is missing stays so until the next start."""
    if isinstance(error, ConfigError):
        return UNKNOWN_REST
    if isinstance(error, SourceError) and error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    return FAILURE_REST
