"""The one read a tick that serves every viewer: a thread reads the tables, everybody else reads its snapshot."""

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread
from typing import Any

import psycopg2

from dashboard.presenters.forecasts import NAIVE, expected
from dashboard.presenters.outcomes import CLOSES_SHOWN
from dashboard.read import forecast_queries, queries
from dashboard.read.cache import Kept
from dashboard.read.diagnostics import read_diagnostics
from dashboard.read.history import BarHistory
from dashboard.read.reading import read_tables
from dashboard.read.rows import ChartBar, PastRow, SeriesKey
from dashboard.read.snapshot import (
    NOTHING,
    Reading,
    Snapshot,
    advance,
    begin_generation,
    first_snapshot,
    stall,
)
from shared.errors import TickstreamError
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.runtime.lifecycle import SignOfLife

POLL_SECONDS = 0.25
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 4.0
"""Seconds between two attempts to connect: doubled after each failure."""
RARE_SECONDS = 2.0
"""What changes once a day is read so seldom."""
QUESTION_SECONDS = 15
"""A page of bars that lie all over a slow disk takes longer than the reading that serves everybody may take."""
DIAGNOSTICS_SECONDS = 10
"""What is known of the models is read again so seldom."""
MOST_BARS = 5000
"""No answer holds more; a chart asks for older ones in a further answer."""

log = logging.getLogger(__name__)


class ReadModel:
    """What the tables say, read again and again; it outlives PostgreSQL going away and coming back.

    `address` gives the DSN of the database before each attempt to connect: an embedded server may have to be
    started again for it. It may raise Unavailable. `feed` is live, simulated or replay. `cache_size` bars are kept
    a symbol and interval. `first_sequence` must be above every sequence of an earlier run, so that a page left open
    notices the new one. `instance` names this server among the parts, `group` the analytics among the log's readers.
    `has_failed` is true once an error ended the reading for good; `turns` rises as long as it goes on, whether or not
    the database is there.
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
        self._sign = SignOfLife("screen", instance)
        self._group = group
        self._reads = 0
        self.turns = 0
        self.snapshot: Snapshot = first_snapshot(first_sequence)
        self._address = address
        # The one beyond those that a chart is given tells whether there are older ones.
        self._history = BarHistory(min(cache_size, MOST_BARS) + 1)
        self._past: Kept[list[PastRow]] = Kept()
        self._diagnostics: Kept[dict[str, Any]] = Kept()
        self._stopping = Event()
        self.has_failed = False
        self._thread = Thread(target=self._run, name="read-model", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop reading and wait until the thread has ended."""
        self._stopping.set()
        self._thread.join()

    def closed_bars(self, key: SeriesKey, limit: int, before: int | None) -> tuple[list[ChartBar], bool]:
        """The newest `limit` closed bars of a symbol and interval that start before `before`, oldest first, and
        whether older ones are stored. `before` is in epoch seconds, None for the newest of all. Blocks while it reads.

        Raises Unavailable while the database can't be read.
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
        `after` is in epoch seconds. Blocks while it reads.

        Raises Unavailable while the database can't be read.
        """
        with self._reading() as cursor:
            found = queries.read_bars_since(cursor, {key: after}, limit + 1).get(key, [])
        return found[:limit], len(found) > limit

    def past_forecasts(self, key: SeriesKey) -> tuple[list[PastRow], float, str]:
        """What the model that forecasts the next close said at the newest bars, oldest first, the share of closes that
        its interval shall hold, and the model. Nothing where nothing is forecast. Blocks while it reads: once a bar.

        Raises Unavailable while the database can't be read.
        """
        reading = self.snapshot.reading
        record, forecast = reading.records.get(key), reading.forecasts.get(key)
        steps = expected(forecast, record, ()) if record is not None and forecast is not None else []
        if forecast is None or not steps:
            return [], 0.0, NAIVE
        model, level = steps[0].model, forecast.levels[-1]

        def read() -> list[PastRow]:
            with self._reading() as cursor:
                return forecast_queries.read_past(cursor, key, model, level, CLOSES_SHOWN + 1)

        state = (self.snapshot.generation, forecast.start, model, level)
        return self._past.get(key, state, read), level, model

    def diagnostics(self, key: SeriesKey) -> dict[str, Any]:
        """What is known of the models of a symbol and interval: see `read_diagnostics`. Blocks while it reads.

        Raises Unavailable while the database can't be read.
        """

        def read() -> dict[str, Any]:
            with self._reading() as cursor:
                return read_diagnostics(cursor, key)

        return self._diagnostics.get(key, self.snapshot.reading.now // DIAGNOSTICS_SECONDS, read)

    def accept_offer(self) -> bool:
        """Ask the pipeline for the live quotes on offer; False where there are none. Blocks while it writes.

        Raises Unavailable while the database can't be reached.
        """
        with closing(connect(self._address(), "screen")) as connection, transaction(connection) as cursor:
            return queries.accept_offer(cursor)

    def bars_since(self, key: SeriesKey, start: int) -> list[ChartBar] | None:
        """The closed bars after the one that starts at `start`; None where the chart must load anew."""
        return self._history.since(key, start)

    def newest_bars(self, key: SeriesKey, limit: int) -> list[ChartBar] | None:
        """The newest closed bars of a series, oldest first; None where no chart has asked for it."""
        return self._history.newest(key, limit)

    def _read_bars(self, key: SeriesKey, limit: int, before: int | None) -> list[ChartBar]:
        with self._reading() as cursor:
            return queries.read_newest_bars(cursor, *key, limit, before)

    @contextmanager
    def _reading(self) -> Iterator[Cursor]:
        """A connection of its own for one question, which nobody but its viewer waits for. Raises Unavailable."""
        with closing(read_only_connection(self._address())) as connection, transaction(connection) as cursor:
            cursor.execute("set local statement_timeout = %s", (f"{QUESTION_SECONDS}s",))
            yield cursor

    def _run(self) -> None:
        """Follow the tables to the end; an error that waiting does not mend ends the thread with its traceback."""
        try:
            self._keep_following()
        finally:
            self.has_failed = not self._stopping.is_set()

    def _keep_following(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            self.turns += 1
            try:
                dsn = self._address()
                with (
                    closing(read_only_connection(dsn)) as reader,
                    closing(connect(dsn, "screen")) as writer,
                ):
                    pause = FIRST_PAUSE
                    self._follow(reader, writer)
            except (TickstreamError, psycopg2.Error) as error:
                reason = _reason(error)
                if self.snapshot.condition != "no_database":
                    log.warning("The screen waits for the database: %s", reason)
                self.snapshot = stall(self.snapshot, "no_database", reason)
                self._stopping.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _follow(self, reader: Connection, writer: Connection) -> None:
        """Read until told to stop, or until an error says that the connection is lost."""
        self._history.clear()
        begun = False
        while not self._stopping.is_set():
            self.turns += 1
            # One transaction a read: price, bars and alerts are of the same moment.
            with transaction(reader) as cursor:
                has_tables = queries.has_tables(cursor)
                if has_tables:
                    before = self.snapshot if begun else begin_generation(self.snapshot)
                    reached = advance(before, self._read(cursor, before.reading))
                    if reached.generation != before.generation:
                        self._history.clear()
                    self.snapshot, begun = reached, True
                else:
                    self.snapshot = stall(self.snapshot, "no_tables", "")
            if has_tables and self._sign.due():
                self._sign.give(writer, "running", "", 0, self._reads)
            self._stopping.wait(POLL_SECONDS)
        if begun:
            self._sign.give(writer, "stopped", "", 0, self._reads)

    def _read(self, cursor: Cursor, old: Reading) -> Reading:
        is_due = self._is_due() or old is NOTHING
        self._reads += 1
        self._extend_history(cursor)
        return read_tables(cursor, old, self.feed, self._group, is_due)

    def _is_due(self) -> bool:
        """Whether this read is one that reads what changes rarely, too."""
        return self._reads % round(RARE_SECONDS / POLL_SECONDS) == 0

    def _extend_history(self, cursor: Cursor) -> None:
        """The bars that closed since the last read, for the charts that are kept."""
        if last_starts := self._history.last_starts():
            self._history.extend(queries.read_bars_since(cursor, last_starts, MOST_BARS))


def _page(found: list[ChartBar], limit: int) -> tuple[list[ChartBar], bool]:
    """The newest `limit` of the bars that were found, and whether there are more."""
    return found[-limit:], len(found) > limit


def read_only_connection(dsn: str) -> Connection:
    """A connection that can only read, sees one moment a transaction, and waits for no statement longer than 3 s.

    Raises Unavailable.
    """
    connection = connect(dsn, "screen")
    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
    with transaction(connection) as cursor:
        cursor.execute("set statement_timeout = '3s'")
    return connection


def _reason(error: Exception) -> str:
    """What the server said, without where it was said."""
    return str(error).strip().partition("\n")[0].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
