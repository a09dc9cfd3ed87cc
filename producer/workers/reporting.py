"""What the live producer tells the database, and what it learns there: symbols, quality, alerts, companies.

From threads of its own: quotes never wait for the database. While it is away the producer goes on with the symbols
it knows, and tells what it had to tell afterwards.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from queue import Empty

from producer.live.finding import DOUBTFUL, LEFT_OUT, Finding
from producer.live.messages import Watched
from producer.store.tables import (
    DataAlert,
    clear_alert,
    keep_alert,
    raise_alert,
    read_listings,
    write_quality,
)
from producer.workers.companies import Companies
from producer.workers.live_market import LiveMarket
from shared.errors import TickstreamError, Unavailable
from shared.market.listings import Listings
from shared.postgres.database import Connection, Cursor, connect, transaction

IDLE_SECONDS = 2.0
LONGEST_FAREWELL = 0.5
"""Seconds that the end waits for a provider that is being asked."""
REFUSED_SECONDS = 60.0
"""Between two tries of what the database would refuse again."""

log = logging.getLogger("tickstream.producer")


class Report:
    """The chores of one run. `configured` is what the settings watch."""

    def __init__(self, market: LiveMarket, configured: Listings, listings: Listings) -> None:
        self._market, self._configured, self.listings = market, configured, listings
        self._told: object = None
        self._finding: Finding | None = None

    def give(self, connection: Connection) -> None:
        """Once a second: what changed on either side. Raises as the database does."""
        with transaction(connection) as cursor:
            listings = read_listings(cursor, self._configured)
            if self._market.quality is not self._told:
                write_quality(cursor, self._market.quality)
                self._told = self._market.quality
        if listings != self.listings:
            self.listings = listings
            self._market.inbox.put(Watched(listings))
        self._keep_findings(connection)

    def _keep_findings(self, connection: Connection) -> None:
        """One that could not be kept is kept at the next time."""
        while True:
            try:
                self._finding = self._finding or self._market.findings.get_nowait()
            except Empty:
                return
            with transaction(connection) as cursor:
                keep(cursor, self._finding)
            self._finding = None


def keep(cursor: Cursor, finding: Finding) -> None:
    """Keep what was found: an alert that is raised, or cleared; one that is news is a line of the log.

    Rows that were left out are in the log already: a line for each answer.
    """
    at = datetime.fromtimestamp(finding.at, UTC)
    if not finding.is_raised:
        clear_alert(cursor, finding.symbol, finding.kind, at)
        return
    values = (finding.value, finding.threshold, finding.detail)
    put = keep_alert if finding.kind in (DOUBTFUL, LEFT_OUT) else raise_alert
    is_news = put(cursor, DataAlert(finding.symbol, finding.kind, at, *values))
    if is_news and finding.kind != LEFT_OUT:
        log.warning("%s: %s", finding.symbol, finding.detail)


@contextmanager
def asking_for_companies(market: LiveMarket, report: Report, dsn: str) -> Iterator[None]:
    """A thread that learns names, currencies and exchanges while this is open; it may wait for a provider."""
    over = threading.Event()
    companies = Companies(market.at_work.provider)
    market.companies = companies.known

    def ask() -> None:
        while not over.is_set():
            try:
                with closing(connect(dsn, "producer")) as connection:
                    while not over.is_set():
                        if not companies.step(connection, report.listings, datetime.now(UTC)):
                            over.wait(IDLE_SECONDS)
            except Unavailable as error:
                log.debug("companies are not stored yet: %s", error)
                over.wait(IDLE_SECONDS)
            except TickstreamError as error:
                log.warning("The names and states of the symbols can't be stored: %s", error)
                over.wait(REFUSED_SECONDS)

    thread = threading.Thread(target=ask, name="companies", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=LONGEST_FAREWELL)
