"""While the simulated market replaces live quotes: probes Yahoo, and offers the switch to live quotes on the page.

The offer is one row of `live_offers` in the simulated database: this module writes it, the page shows it and sets
`accepted_at`. The pipeline then switches; the two markets share no topic and no table.
"""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import Event

from db.migrate import migrate
from producer.store.tables import carry_over
from producer.transport.reachability import obstacle
from shared.observability.heartbeat import BEAT_SECONDS
from shared.postgres.database import connect, transaction
from shared.runtime.background import in_background
from shared.runtime.backoff import jittered
from shared.runtime.reconnecting import Reconnecting, Refusal

PROBE_SECONDS = 60.0
JOIN_SECONDS = 1.0
"""Seconds to wait for the thread at the end; the database may be unavailable."""

MAKE = """
    insert into live_offers (source, reason) values ('yahoo', %s)
    on conflict (only_row) do update set source = excluded.source, reason = excluded.reason,
        reachable_since = null, accepted_at = null
"""
REACHABLE = """
    update live_offers set reachable_since = case when %(reachable)s then now() end
    where (reachable_since is not null) <> %(reachable)s
"""
IS_ACCEPTED = "select exists (select from live_offers where accepted_at is not null)"
WITHDRAW = "delete from live_offers"

log = logging.getLogger("tickstream.pipeline")
OFFERING = Reconnecting(
    log,
    "the offer of live quotes could not be written yet",
    Refusal("Live quotes are no longer offered", None),
)


def withdraw(dsn: str) -> None:
    """Delete an offer that nothing would carry out. Raises Unavailable."""
    with closing(connect(dsn, "pipeline")) as connection, transaction(connection) as cursor:
        cursor.execute(WITHDRAW)


def take_over(simulated: str, live: str) -> None:
    """Copy the symbols added to and removed from the simulated market to the live database.

    Both databases are given by their DSN. Raises Unavailable.
    """
    migrate(simulated)
    with (
        closing(connect(simulated, "pipeline")) as old,
        closing(connect(live, "pipeline")) as new,
        transaction(old) as source,
        transaction(new) as target,
    ):
        carry_over(source, target)


@contextmanager
def offering(dsn: str, yahoo_url: str, reason: str) -> Iterator[Event]:
    """Probe Yahoo and offer it while this context is open; the event is set once the user accepts. Raises Unavailable.

    `dsn` is that of the simulated database, `reason` is why there are no live quotes, such as "no network". Later
    outages of the database are waited for.
    """
    with closing(connect(dsn, "pipeline")) as connection, transaction(connection) as cursor:
        cursor.execute(MAKE, (reason,))
    offer = _Offer(dsn, yahoo_url)
    with in_background(offer.probe, "probe", 0.0), in_background(offer.keep, "live offer", JOIN_SECONDS):
        yield offer.accepted


class _Offer:
    """The work of an offer's two threads: one probes Yahoo, the other updates the row."""

    def __init__(self, dsn: str, yahoo_url: str) -> None:
        self._dsn, self._yahoo_url = dsn, yahoo_url
        self._is_reachable = False
        self.accepted = Event()

    def probe(self, over: Event) -> None:
        """Note whether Yahoo can be reached, about once a minute until the end."""
        while not over.wait(jittered(PROBE_SECONDS, 0.8, 1.2)):
            found = obstacle(self._yahoo_url)
            if found is None and not self._is_reachable:
                log.info(
                    "Yahoo can be reached now: the page offers to switch to live quotes, and a restart uses them."
                )
            if found is not None and self._is_reachable:
                log.info("Yahoo can no longer be reached (%s): %s", found.cause, found)
            self._is_reachable = found is None

    def keep(self, over: Event) -> None:
        """Update the row until the end, with reconnects to the database; then delete it."""
        OFFERING.run(partial(self._update_row, over), over)

    def _update_row(self, over: Event) -> None:
        with closing(connect(self._dsn, "pipeline")) as connection:
            while not over.wait(BEAT_SECONDS):
                with transaction(connection) as cursor:
                    cursor.execute(REACHABLE, {"reachable": self._is_reachable})
                    cursor.execute(IS_ACCEPTED)
                    if cursor.fetchone() == (True,):
                        self.accepted.set()
            with transaction(connection) as cursor:
                cursor.execute(WITHDRAW)
