"""The simulated market in the place of live quotes: tried again and again, and offered on the page once they are there.

The offer is one row of `live_offers` in the simulated database: this module writes it, the screen shows it and sets
`accepted_at`. The pipeline then switches; the two markets share no topic and no table.
"""

import logging
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

from db.migrate import migrate
from producer.store.tables import carry_over
from producer.transport.reachability import obstacle
from shared.errors import TickstreamError, Unavailable
from shared.observability.heartbeat import BEAT_SECONDS
from shared.postgres.database import Connection, connect, transaction
from shared.settings.config import Config

PROBE_SECONDS = 60.0
LONGEST_FAREWELL = 1.0
"""Seconds that the end waits for a database that may be away."""

HAS_DATABASE = "select exists (select from pg_database where datname = %s)"
HAS_TABLES = "select to_regclass('migrations') is not null"
MAKE = """
    insert into live_offers (source, reason) values ('yahoo', %s)
    on conflict (only_row) do update set source = excluded.source, reason = excluded.reason,
        reachable_since = null, accepted_at = null
"""
TELL = """
    update live_offers set reachable_since = case when %(reachable)s then now() end
    where (reachable_since is not null) <> %(reachable)s
"""
IS_ACCEPTED = "select exists (select from live_offers where accepted_at is not null)"
WITHDRAW = "delete from live_offers"

log = logging.getLogger("tickstream.pipeline")


def has_run(config: Config) -> bool:
    """Whether this feed's tables were made at an earlier start. Raises Unavailable.

    Its database alone says nothing: a user may have made one for us to fill.
    """
    found = _holds(config.postgres.dsn_for("postgres"), HAS_DATABASE, config.database())
    return found and _holds(config.postgres.dsn_for(config.database()), HAS_TABLES)


def _holds(dsn: str, question: str, *values: object) -> bool:
    with closing(connect(dsn, "pipeline")) as connection:
        return _answer(connection, question, *values)


def _answer(connection: Connection, question: str, *values: object) -> bool:
    with transaction(connection) as cursor:
        cursor.execute(question, values)
        return cursor.fetchone() == (True,)


def withdraw(dsn: str) -> None:
    """No offer: nobody would carry it out. Raises Unavailable."""
    with closing(connect(dsn, "pipeline")) as connection, transaction(connection) as cursor:
        cursor.execute(WITHDRAW)


def take_over(simulated: str, live: str) -> None:
    """The symbols that were added to the simulated market, and those that were removed, count for live quotes.

    Both databases are named by their DSN. Raises Unavailable.
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
    """Probe Yahoo and offer it while this is open; the event is set once the user accepts. Raises Unavailable.

    `dsn` is of the simulated database, `reason` is why live quotes can't be had, such as "no network". A database
    that is away later is waited for.
    """
    with closing(connect(dsn, "pipeline")) as connection, transaction(connection) as cursor:
        cursor.execute(MAKE, (reason,))
    offer = _Offer(dsn, yahoo_url)
    keeper = offer.start()
    try:
        yield offer.accepted
    finally:
        offer.over.set()
        keeper.join(LONGEST_FAREWELL)


class _Offer:
    """What the two threads of an offer share: one asks Yahoo, the other looks after the row."""

    def __init__(self, dsn: str, yahoo_url: str) -> None:
        self._dsn, self._yahoo_url = dsn, yahoo_url
        self._is_reachable = False
        self.accepted, self.over = Event(), Event()

    def start(self) -> Thread:
        """Start both; the one that looks after the row. A request under way or a silent database holds up no end."""
        Thread(target=self._probe, name="probe", daemon=True).start()
        keeper = Thread(target=self._keep, name="live offer", daemon=True)
        keeper.start()
        return keeper

    def _probe(self) -> None:
        while not self.over.wait(PROBE_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311 (no secret hangs on it)
            found = obstacle(self._yahoo_url)
            if found is None and not self._is_reachable:
                log.info(
                    "Yahoo can be reached now: the page offers to switch to live quotes, and a new start uses them."
                )
            if found is not None and self._is_reachable:
                log.info("Yahoo can no longer be reached (%s): %s", found.cause, found)
            self._is_reachable = found is None

    def _keep(self) -> None:
        """Until the end, whatever happens to the database; then without the row."""
        while not self.over.is_set():
            try:
                with closing(connect(self._dsn, "pipeline")) as connection:
                    self._look_after(connection)
            except Unavailable as error:
                log.debug("the offer of live quotes is not written yet: %s", error)
                self.over.wait(BEAT_SECONDS)
            except TickstreamError as error:
                log.warning("Live quotes are not offered any more: %s", error)
                return

    def _look_after(self, connection: Connection) -> None:
        while not self.over.wait(BEAT_SECONDS):
            with transaction(connection) as cursor:
                cursor.execute(TELL, {"reachable": self._is_reachable})
            if _answer(connection, IS_ACCEPTED):
                self.accepted.set()
        with transaction(connection) as cursor:
            cursor.execute(WITHDRAW)
