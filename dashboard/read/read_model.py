"""Reads the tables in one thread, several times a second; all viewers share its snapshot."""

import logging
from collections.abc import Callable
from contextlib import closing
from threading import Event, Thread
from typing import Any

import psycopg2

from dashboard.read.cache.bar_history import BarHistory
from dashboard.read.cache.series_cache import SeriesCache
from dashboard.read.expected_closes import NAIVE, expected_closes
from dashboard.read.follower import MAX_BARS, TableFollower
from dashboard.read.rows import AlertRow, ChartBar, HeadlineRow, PastForecastRow, SeriesKey
from dashboard.read.snapshot import Snapshot, first_snapshot, stall
from dashboard.read.sql import alert_queries, forecast_queries, queries
from dashboard.read.sql.connections import ReadConnections, read_only_connection
from dashboard.read.sql.diagnostics import read_diagnostics
from dashboard.read.sql.market_queries import read_betas, read_breadth
from dashboard.read.sql.mood_queries import read_headlines
from dashboard.read.sql.own_queries import read_own
from shared.errors import TickstreamError
from shared.market.records import Interval
from shared.postgres.database import Connection, connect, transaction
from shared.runtime.backoff import doubled
from shared.runtime.lifecycle import HeartbeatRow

FIRST_PAUSE, MAX_PAUSE = 0.25, 4.0
"""Seconds between two attempts to connect: doubled after each failure."""
OUTCOMES_SHOWN = 100
DIAGNOSTICS_SECONDS = 10
"""How long the models' diagnostics are cached if no bar closes and no training ends: error findings are written after
the trainings."""
log = logging.getLogger(__name__)


class ReadModel:
    """Polls the tables and publishes them as `snapshot`; it reconnects after PostgreSQL was unavailable.

    `address` returns the DSN of the database; it is called before each attempt to connect because an embedded server
    may have to be restarted, and may raise Unavailable. `feed` is live, simulated or replay. `cache_size` bars are
    cached per symbol and interval. `first_sequence` must be above every sequence of earlier runs, so that an open page
    detects the new run. `instance` identifies this server among the parts; `group` is analytics' consumer group.
    `has_failed` is true once an error has ended the thread; `turns` increases while it runs, with or without a
    database.
    """

    def __init__(
        self,
        address: Callable[[], str],
        feed: str,
        cache_size: int,
        first_sequence: int,
        instance: str,
        group: str,
    ) -> None:
        self.feed = feed
        self._heartbeat = HeartbeatRow("screen", instance)
        self._group = group
        self.turns = 0
        self._listeners: set[Callable[[], None]] = set()
        self.snapshot: Snapshot = first_snapshot(first_sequence)
        self._address = address
        self._connections = ReadConnections(address)
        # One more than a chart receives: it shows whether older bars exist.
        self._history = BarHistory(min(cache_size, MAX_BARS) + 1)
        self._past_forecasts: SeriesCache[list[PastForecastRow]] = SeriesCache()
        self._diagnostics: SeriesCache[dict[str, Any]] = SeriesCache()
        self._stopping = Event()
        self.has_failed = False
        self._thread = Thread(target=self._run, name="read-model", daemon=True)

    def start(self) -> None:
        """Start the thread that reads."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread, wait until it has ended, and close the connections."""
        self._stopping.set()
        self._thread.join()
        self._connections.close()

    def closed_bars(self, key: SeriesKey, limit: int, before: int | None) -> tuple[list[ChartBar], bool]:
        """The newest `limit` closed bars of a symbol and interval that start before `before`, oldest first, and whether
        older ones are stored. `before` is in epoch seconds; None: no limit. Blocks during a database read.

        Raises Unavailable if the database can't be read.
        """
        if before is not None:
            return _page(self._read_bars(key, limit + 1, before), limit)
        kept = self._history.get(key)
        if kept is None:
            kept = self._read_bars(key, self._history.bars_kept, None)
            self._history.put(key, kept)
        if limit >= len(kept) == self._history.bars_kept:
            return _page(self._read_bars(key, limit + 1, None), limit)
        return _page(kept, limit)

    def bars_after(self, key: SeriesKey, limit: int, after: int) -> tuple[list[ChartBar], bool]:
        """The oldest `limit` closed bars that start after `after`, oldest first, and whether newer ones are stored.
        `after` is in epoch seconds. Blocks during the database read.

        Raises Unavailable if the database can't be read.
        """
        with self._connections.query() as cursor:
            found = queries.read_bars_since(cursor, {key: after}, limit + 1).get(key, [])
        return found[:limit], len(found) > limit

    def past_forecasts(self, key: SeriesKey) -> tuple[list[PastForecastRow], float, str]:
        """The past forecasts of the next close by the model now shown, oldest first, the nominal coverage of their
        interval, and the model. The list is empty without a current forecast. Blocks during a database read, once per
        bar.

        Raises Unavailable if the database can't be read.
        """
        reading = self.snapshot.reading
        accuracy, forecast = reading.series_accuracy.get(key), reading.forecasts.get(key)
        steps = (
            expected_closes(forecast, accuracy, ()) if accuracy is not None and forecast is not None else []
        )
        if forecast is None or not steps:
            return [], 0.0, NAIVE
        model, level = steps[0].model, forecast.levels[-1]

        def read() -> list[PastForecastRow]:
            with self._connections.query() as cursor:
                return forecast_queries.read_past_forecasts(cursor, key, model, level, OUTCOMES_SHOWN + 1)

        state = (self.snapshot.generation, forecast.start, model, level)
        return self._past_forecasts.get(key, state, read), level, model

    def diagnostics(self, key: SeriesKey) -> dict[str, Any]:
        """Diagnostics of the models of a symbol and interval: see `read_diagnostics`. Blocks during a database read.

        Raises Unavailable if the database can't be read.
        """

        def read() -> dict[str, Any]:
            with self._connections.query() as cursor:
                return read_diagnostics(cursor, key)

        snapshot = self.snapshot
        reading = snapshot.reading
        last = (
            reading.series_accuracy.get(key),
            reading.trained.get(key[1]),
            reading.now // DIAGNOSTICS_SECONDS,
        )
        return self._diagnostics.get(key, (snapshot.generation, last), read)

    def own_indicators(self, key: SeriesKey, count: int, before: int | None) -> dict[str, list[Any]]:
        """The values of the user's own indicators: see `read_own`. Blocks during a database read.

        Raises Unavailable if the database can't be read.
        """
        with self._connections.query() as cursor:
            return read_own(cursor, key, count, before)

    def knows(self, symbol: str) -> bool:
        """Whether anything is stored about a symbol, which may be followed no more. Blocks during a database read if it
        is not followed.

        Raises Unavailable if the database can't be read.
        """
        if symbol in self.snapshot.reading.symbols:
            return True
        with self._connections.query() as cursor:
            return queries.is_symbol_known(cursor, symbol)

    def alerts(self, key: SeriesKey, limit: int) -> list[AlertRow]:
        """The latest alerts of a symbol and interval, newest first. Blocks during a database read.

        Raises Unavailable if the database can't be read.
        """
        with self._connections.query() as cursor:
            return alert_queries.read_alerts_of(cursor, key, limit)

    def headlines(self, symbol: str, limit: int) -> tuple[list[HeadlineRow], float]:
        """The headlines about a symbol, newest first, and the time now, epoch seconds. Blocks during a database read.

        Raises Unavailable if the database can't be read.
        """
        with self._connections.query() as cursor:
            return read_headlines(cursor, symbol, limit), queries.read_now(cursor)

    def market(self, interval: Interval, times: int) -> dict[str, Any]:
        """The breadth at the newest times, and the newest beta of each symbol: see `market_queries`. Blocks during a
        database read.

        Raises Unavailable if the database can't be read.
        """
        with self._connections.query() as cursor:
            breadth, betas = read_breadth(cursor, interval, times), read_betas(cursor, interval)
        return {"breadth": breadth, "betas": betas}

    def accept_offer(self) -> bool:
        """Request the pipeline's switch to the live quotes on offer; False if there is no offer. Blocks during the
        write.

        Raises Unavailable if the database can't be reached.
        """
        with closing(connect(self._address(), "screen")) as connection, transaction(connection) as cursor:
            return queries.accept_offer(cursor)

    def bars_since(self, key: SeriesKey, start: int) -> list[ChartBar] | None:
        """The closed bars after the one that starts at `start`; None if the chart must reload."""
        return self._history.since(key, start)

    def newest_bars(self, key: SeriesKey, limit: int) -> list[ChartBar] | None:
        """The newest closed bars of a series, oldest first; None if it is not cached."""
        return self._history.newest(key, limit)

    def _read_bars(self, key: SeriesKey, limit: int, before: int | None) -> list[ChartBar]:
        with self._connections.query() as cursor:
            return queries.read_newest_bars(cursor, *key, limit, before)

    def _run(self) -> None:
        """Read until stopped; an error that a retry can't resolve ends the thread with its traceback."""
        try:
            self._keep_following()
        finally:
            self.has_failed = not self._stopping.is_set()

    def _keep_following(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            self.turns += 1
            try:
                dsn = self._address()
                with (
                    closing(read_only_connection(dsn)) as reader,
                    closing(connect(dsn, "screen")) as writer,
                ):
                    failures = 0
                    self._follow(reader, writer)
            except (TickstreamError, psycopg2.Error) as error:
                reason = _reason(error)
                if self.snapshot.condition != "no_database":
                    log.warning("The dashboard is waiting for the database: %s", reason)
                self._publish(stall(self.snapshot, "no_database", reason))
                self._stopping.wait(doubled(FIRST_PAUSE, MAX_PAUSE, failures))
                failures += 1

    def _follow(self, reader: Connection, writer: Connection) -> None:
        """Read until stopped or until the connection is lost. Raises TickstreamError and psycopg2.Error."""
        follower = TableFollower(reader, self.feed, self._group, self._history, self._publish)
        while not self._stopping.is_set():
            self.turns += 1
            follower.step(self.snapshot)
            if self.snapshot.condition != "no_tables" and self._heartbeat.due():
                self._heartbeat.write(writer, "running", "", 0, follower.reads)
        if follower.has_begun:
            self._heartbeat.write(writer, "stopped", "", 0, follower.reads)

    def _publish(self, snapshot: Snapshot) -> None:
        """Show a snapshot, and call everybody who waits for one."""
        self.snapshot = snapshot
        for listener in tuple(self._listeners):
            listener()

    def on_change(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` after each new snapshot, in the thread that reads; returns what ends this."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)


def _page(found: list[ChartBar], limit: int) -> tuple[list[ChartBar], bool]:
    """The newest `limit` of these bars, and whether there are more."""
    return found[-limit:], len(found) > limit


def _reason(error: Exception) -> str:
    """The server's error message without its prefix and details."""
    return str(error).strip().partition("\n")[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
