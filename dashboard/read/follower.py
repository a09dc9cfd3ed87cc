"""Follows the tables: reads what was announced at once, and everything once a second.

Announcements name the symbols that have changed (`shared/postgres/announcements.py`). Where none come although the
tables change, as behind a connection pool that passes none on, the tables are read four times a second.
"""

import time
from collections.abc import Callable

from dashboard.read.cache.bar_history import BarHistory
from dashboard.read.reading import read_tables, with_last_quotes
from dashboard.read.snapshot import Snapshot, advance, begin_generation, stall
from dashboard.read.sql import queries
from dashboard.read.sql.live_queries import read_last_quotes
from shared.postgres.announcements import (
    NOTHING_ANNOUNCED,
    listen,
    take_announced,
    wait_for_announcements,
)
from shared.postgres.database import Connection, Cursor, transaction

FULL_READ_SECONDS = 1.0
"""Seconds between two reads of everything; those between them take only what a quote or a new bar changes."""
POLL_SECONDS = 0.25
"""Seconds between two reads while changes come unannounced, and the least between two reads of open bars."""
UNANNOUNCED_SECONDS = 10.0
"""How long the tables are polled after a change that nobody announced."""
STOP_SECONDS = 0.25
"""How soon a stop is noticed."""
MAX_BARS = 5000
"""The most bars in one response; a chart requests older ones in further pages."""
NEVER = float("inf")

Publish = Callable[[Snapshot], None]


class TableFollower:
    """Reads the tables over one connection, which must be read-only, and gives each new snapshot to `publish`. The
    cached series of `history` get their new bars. `group` is analytics' consumer group.

    `reads` counts the reads of open bars or more; `has_begun` is whether everything was read once.
    """

    def __init__(
        self, reader: Connection, feed: str, group: str, history: BarHistory, publish: Publish
    ) -> None:
        self._reader, self._feed, self._group = reader, feed, group
        self._history, self._publish = history, publish
        self._full_at = self._read_at = self._polls_until = -NEVER
        self._bars_wait = self._is_announced = False
        self.has_begun = False
        self.reads = 0
        history.clear()
        listen(reader)

    def step(self, snapshot: Snapshot) -> None:
        """Wait for an announcement or the next read, at most for a moment, and read what has changed since `snapshot`.
        Raises TickstreamError and psycopg2.Error."""
        wait_for_announcements(self._reader, max(0.0, min(self._due_at() - time.monotonic(), STOP_SECONDS)))
        announced, now = take_announced(self._reader), time.monotonic()
        self._bars_wait |= announced.has_open_bars
        self._is_announced |= announced != NOTHING_ANNOUNCED
        if now >= self._full_at + FULL_READ_SECONDS:
            self._read_all(snapshot, now)
        elif now >= self._due_at():
            self._read_bars(snapshot, now)
        elif self.has_begun and announced.last_quotes != set():
            self._read_last_quotes(snapshot, announced.last_quotes)

    def _due_at(self) -> float:
        """When more than last quotes is read next."""
        polls = self.has_begun and (self._bars_wait or self._read_at < self._polls_until)
        return min(self._full_at + FULL_READ_SECONDS, self._read_at + POLL_SECONDS if polls else NEVER)

    def _read_all(self, snapshot: Snapshot, now: float) -> None:
        self._full_at = now
        with transaction(self._reader) as cursor:
            if not queries.has_tables(cursor):
                self._publish(stall(snapshot, "no_tables", ""))
                return
            before = snapshot if self.has_begun else begin_generation(snapshot)
            reached = self._read(cursor, before, now, is_full=True)
        if self.has_begun and not self._is_announced and before.reading.symbols != reached.reading.symbols:
            self._polls_until = now + UNANNOUNCED_SECONDS
        self._is_announced, self.has_begun = False, True

    def _read_bars(self, snapshot: Snapshot, now: float) -> None:
        with transaction(self._reader) as cursor:
            self._read(cursor, snapshot, now, is_full=False)

    def _read(self, cursor: Cursor, before: Snapshot, now: float, *, is_full: bool) -> Snapshot:
        """One transaction per read: prices, bars and alerts are of the same moment."""
        self.reads += 1
        self._read_at, self._bars_wait = now, False
        if last_starts := self._history.last_starts():
            self._history.extend(queries.read_bars_since(cursor, last_starts, MAX_BARS))
        reached = advance(before, read_tables(cursor, before.reading, self._feed, self._group, is_full))
        if reached.generation != before.generation:
            self._history.clear()
        self._publish(reached)
        return reached

    def _read_last_quotes(self, snapshot: Snapshot, symbols: set[str] | None) -> None:
        """Read the last quotes alone: the open bars follow within a quarter of a second."""
        reading = snapshot.reading
        with transaction(self._reader) as cursor:
            found = read_last_quotes(cursor, symbols, reading.symbols)
        if found is None:
            return
        self._bars_wait |= found.is_any_new
        self._publish(advance(snapshot, with_last_quotes(reading, found.symbols, found.now)))
