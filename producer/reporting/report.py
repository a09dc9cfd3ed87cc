"""Exchanges data between the live producer and the database: symbols, quality, alerts and companies.

This runs in separate threads, so that quotes never wait for the database. While the database is unavailable, the
producer continues with the symbols it knows, and writes its reports afterwards.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from queue import Empty

from producer.live.messages import ListingsChanged
from producer.live.quality.finding import DOUBTFUL, SKIPPED_ROWS, Finding
from producer.reporting.companies import Companies
from producer.store.tables import (
    DataAlert,
    clear_alert,
    keep_alert,
    raise_alert,
    read_listings,
    write_quality,
)
from producer.workers.live_market import LiveMarket
from shared.market.listings import Listings
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.runtime.reconnecting import Reconnecting, Refusal

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


class Report:
    """The reports of one run. `configured` holds the symbols in the settings."""

    def __init__(self, market: LiveMarket, configured: Listings, listings: Listings) -> None:
        self._market, self._configured, self.listings = market, configured, listings
        self._written: object = None
        self._finding: Finding | None = None

    def give(self, connection: Connection) -> None:
        """Exchange the changes with the database, once a second. Raises the errors of the database."""
        with transaction(connection) as cursor:
            listings = read_listings(cursor, self._configured)
            if self._market.quality is not self._written:
                write_quality(cursor, self._market.quality)
                self._written = self._market.quality
        if listings != self.listings:
            self.listings = listings
            self._market.inbox.put(ListingsChanged(listings))
        self._keep_findings(connection)

    def _keep_findings(self, connection: Connection) -> None:
        """Store the findings; one that failed is retried at the next call."""
        while True:
            try:
                self._finding = self._finding or self._market.findings.get_nowait()
            except Empty:
                return
            with transaction(connection) as cursor:
                keep(cursor, self._finding)
            self._finding = None


def keep(cursor: Cursor, finding: Finding) -> None:
    """Store a finding as a raised or cleared alert; a new one is logged.

    Skipped rows are already logged, with one line per response.
    """
    at = datetime.fromtimestamp(finding.at, UTC)
    if not finding.is_raised:
        clear_alert(cursor, finding.symbol, finding.kind, at)
        return
    values = (finding.value, finding.threshold, finding.detail)
    put = keep_alert if finding.kind in (DOUBTFUL, SKIPPED_ROWS) else raise_alert
    is_news = put(cursor, DataAlert(finding.symbol, finding.kind, at, *values))
    if is_news and finding.kind != SKIPPED_ROWS:
        log.warning("%s: %s", finding.symbol, finding.detail)


@contextmanager
def asking_for_companies(market: LiveMarket, report: Report, dsn: str) -> Iterator[None]:
    """Fetch company data in a thread while this context is open; the thread may wait for a provider."""
    over = threading.Event()
    companies = Companies(market.at_work.provider)
    market.companies = companies.known
    fetch = partial(_fetch, companies, report, dsn, over)
    thread = threading.Thread(target=FETCHING.run, args=(fetch, over), name="companies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=JOIN_SECONDS)


def _fetch(companies: Companies, report: Report, dsn: str, over: threading.Event) -> None:
    """Fetch and store company data until the end. Raises as the database does."""
    with closing(connect(dsn, "producer")) as connection:
        while not over.is_set():
            if not companies.step(connection, report.listings, datetime.now(UTC)):
                over.wait(IDLE_SECONDS)
