"""Exchanges data between the live producer and the database: symbols, quality and alerts.

This runs in a separate thread, so that quotes never wait for the database. While the database is unavailable, the
producer continues with the symbols it knows, and writes its reports afterwards.
"""

import logging
from datetime import UTC, datetime
from queue import Empty

from producer.live.messages import ListingsChanged
from producer.live.quality.finding import DOUBTFUL, SKIPPED_ROWS, Finding
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
from shared.postgres.database import Connection, Cursor, transaction

log = logging.getLogger("tickstream.producer")


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
