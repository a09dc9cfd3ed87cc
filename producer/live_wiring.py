"""Builds the live market from the settings, the log and the tables."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from threading import Event

from db.migrate import migrate
from producer.publishing.lease import Lease
from producer.publishing.resume import StoredSymbol, merged, read_known
from producer.reporting.companies import asking_for_companies
from producer.reporting.report import Report
from producer.reporting.terminal_progress import showing_history
from producer.sources.registry import provider
from producer.store.symbol_queries import read_stored
from producer.store.tables import read_listings
from producer.transport.provider_clock import ProviderClock
from producer.workers.live_market import LiveMarket
from shared.errors import Unavailable
from shared.kafka import Log
from shared.market.listings import Listings
from shared.postgres.database import connect, make_database, transaction
from shared.settings.config import Config

log = logging.getLogger("tickstream.producer")


@contextmanager
def live_market(config: Config, topic: Log, lease: Lease, stop: Event) -> Iterator[tuple[LiveMarket, Report]]:
    """The running live market, and its report to the database. Raises Unavailable, or ConfigError for a missing key."""
    configured = config.producer.listings
    listings, stored = _kept(config, configured)
    market = LiveMarket(
        lambda source: provider(source, config.providers, ProviderClock(lambda: datetime.now(UTC)), stop),
        merged(read_known(topic, lease), stored),
        config.producer.poll_interval,
        config.running.bar_grace_seconds,
        config.providers.disagreement_threshold,
    )
    dsn = config.postgres.dsn_for(config.database())
    try:
        report = Report(market, configured, listings)
        for symbol, error in market.follow(report.listings).items():
            if symbol in configured:
                raise error
            log.error("%s is not followed: %s", symbol, error)
        with asking_for_companies(market, report, dsn), showing_history(lambda: market.quality):
            yield market, report
    finally:
        market.close()


def _kept(config: Config, configured: Listings) -> tuple[Listings, dict[str, StoredSymbol]]:
    """The symbols as changed while running, and what is stored of each symbol; if the database is unavailable, the
    symbols of the settings.
    """
    try:
        dsn = make_database(config.postgres.dsn_for("postgres"), config.database())
        migrate(dsn)
        with closing(connect(dsn, "producer")) as connection, transaction(connection) as cursor:
            return read_listings(cursor, configured), read_stored(cursor)
    except Unavailable as error:
        log.debug("using the symbols of the settings: %s", error)
        return configured, {}


def described(listings: Listings) -> str:
    """Symbols by primary source, such as "10 of yahoo, 1 of binance"."""
    counts = Counter(place.source for places in listings.values() for place in places[:1])
    return ", ".join(f"{count} of {source}" for source, count in counts.items())
