"""Fetches the company data of each followed symbol from its primary source once a day."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from producer.reporting.report import Report
from producer.sources.answers import Company
from producer.sources.provider import Provider
from producer.store.tables import CompanyRow, read_companies, write_company
from producer.workers.live_market import LiveMarket
from shared.errors import ConfigError, SourceError, Unavailable, UnknownSymbol
from shared.market.listings import Listing, Listings
from shared.postgres.database import Connection, connect, transaction
from shared.runtime.background import in_background
from shared.runtime.reconnecting import Reconnecting, Refusal

FRESH = timedelta(hours=24)
UNKNOWN_PAUSE = timedelta(hours=1)
"""Pause after a permanent error, such as a symbol that its source does not know."""
FAILURE_PAUSE = timedelta(minutes=1)
"""Pause after a failure of a source without a requested pause."""
MAX_PAUSE = timedelta(hours=24)
"""Longest pause."""
IDLE_SECONDS = 2.0
JOIN_SECONDS = 0.5
"""Seconds to wait at the end for a pending request to a provider."""
REFUSED_SECONDS = 60.0
"""Pause after an error that a retry would repeat."""

log = logging.getLogger("tickstream.producer")
FETCHING = Reconnecting(
    log,
    "companies are not stored yet",
    Refusal("The company data of the symbols can't be stored", REFUSED_SECONDS),
    IDLE_SECONDS,
)


class Companies:
    """Keeps the table of companies up to date; one thread calls `step`, any thread may read `known`.

    `known` holds company data by symbol, including those of earlier runs; it grows meanwhile, so iterate over a copy.
    `provider` returns a provider by its name.
    """

    def __init__(self, provider: Callable[[str], Provider]) -> None:
        self.known: dict[str, Company] = {}
        self._provider = provider
        self._rows: dict[str, CompanyRow] | None = None
        self._paused_until: dict[Listing | str, datetime] = {}

    def step(self, connection: Connection, listings: Listings, now: datetime) -> bool:
        """Fetch the first symbol that is due; returns whether there was one.

        Only one at a time, because histories share the request limit.

        Raises as `transaction` does.
        """
        rows = self._known_rows(connection)
        for symbol, (primary, *_) in listings.items():
            if self._is_due(rows.get(symbol), primary, now):
                self._ask(connection, symbol, primary, now)
                return True
        return False

    def _known_rows(self, connection: Connection) -> dict[str, CompanyRow]:
        """All rows, read from the table at the first step."""
        if self._rows is None:
            with transaction(connection) as cursor:
                self._rows = read_companies(cursor)
            self.known.update({symbol: row.company for symbol, row in self._rows.items()})
        return self._rows

    def _is_due(self, row: CompanyRow | None, primary: Listing, now: datetime) -> bool:
        # If the clock was set back, no pause lasts longer than it could originally.
        pauses = [
            self._paused_until[key] - now for key in (primary, primary.source) if key in self._paused_until
        ]
        if any(timedelta(0) < pause <= MAX_PAUSE for pause in pauses):
            return False
        return row is None or row.source != primary.source or abs(now - row.fetched_at) >= FRESH

    def _ask(self, connection: Connection, symbol: str, primary: Listing, now: datetime) -> None:
        try:
            company = self._provider(primary.source).company(primary.name)
        except UnknownSymbol as error:
            log.warning("%s: %s", symbol, error)
            self._paused_until[primary] = now + UNKNOWN_PAUSE
        except (SourceError, ConfigError, Unavailable) as error:
            log.info("%s: its company data could not be read: %s", symbol, error)
            self._paused_until[primary.source] = now + _pause_after(error)
        else:
            self._keep(connection, CompanyRow(company._replace(symbol=symbol), primary.source, now))

    def _keep(self, connection: Connection, row: CompanyRow) -> None:
        with transaction(connection) as cursor:
            write_company(cursor, row)
        symbol = row.company.symbol
        self._known_rows(connection)[symbol] = row
        self.known[symbol] = row.company


def _pause_after(error: SourceError | ConfigError | Unavailable) -> timedelta:
    """How long to pause a source; a missing setting can't change before the next start."""
    if isinstance(error, ConfigError):
        return UNKNOWN_PAUSE
    if isinstance(error, SourceError) and error.retry_after is not None:
        return timedelta(seconds=error.retry_after)
    return FAILURE_PAUSE


def asking_for_companies(market: LiveMarket, report: Report, dsn: str) -> AbstractContextManager[None]:
    """Fetch company data in a thread while this context is open; the thread may wait for a provider."""
    companies = Companies(market.at_work.provider)
    market.companies = companies.known
    fetch = partial(_fetch, companies, report, dsn)
    return in_background(lambda over: FETCHING.run(partial(fetch, over), over), "companies", JOIN_SECONDS)


def _fetch(companies: Companies, report: Report, dsn: str, over: Event) -> None:
    """Fetch and store company data until the end. Raises as the database does."""
    with closing(connect(dsn, "producer")) as connection:
        while not over.is_set():
            if not companies.step(connection, report.listings, datetime.now(UTC)):
                over.wait(IDLE_SECONDS)
