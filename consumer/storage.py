"""The storage fold: writes every quote of the log to `quotes` and every invalid message to the dead letters."""

import logging
import time

from consumer.dead_letters import DeadLetterTopic
from consumer.tables import (
    copy_quotes,
    days_made,
    insert_dead_letters,
    make_day,
    quote_row,
    wait_for_locks,
)
from shared.errors import Unavailable
from shared.market.records import EPOCH, Quote
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.batches import Batch, DeadLetter

DAYS_PER_TRANSACTION = 20
DAYS_AHEAD = 2
"""Daily partitions that are created ahead of the newest day, so that they exist before midnight."""
AHEAD_RETRY_SECONDS = 60.0
"""Pause before the next attempt to create days ahead, after a lock on the table prevented it."""

log = logging.getLogger("tickstream")


class Storage:
    """Writes quotes and dead letters of the partitions that are assigned to this process."""

    def __init__(self, dead_letter_topic: DeadLetterTopic) -> None:
        self._dead_letter_topic = dead_letter_topic
        self._rows: list[tuple[object, ...]] = []
        self._letters: list[tuple[int, list[DeadLetter]]] = []
        self._committed_letters: list[tuple[int, list[DeadLetter]]] = []
        self._days_made: set[int] = set()
        self._days: set[int] = set()
        self._ahead_at = 0.0

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Start at the stored offset: stored rows need no reprocessing."""
        self._days_made = days_made(cursor)
        self._dead_letter_topic.resume(cursor, partition)
        return next_offset

    def forget(self, partition: int) -> None:
        """Drop a partition that another member of the group now stores."""
        self._dead_letter_topic.forget(partition)

    def refold(self, batch: Batch) -> None:
        """Never called, because `resume` starts at the stored offset."""

    def fold(self, batch: Batch) -> None:
        """Convert quotes to rows for COPY."""
        partition, rows, days = batch.partition, self._rows, self._days
        for offset, record in batch.records:
            if type(record) is Quote:
                rows.append(quote_row(partition, offset, record))
                days.add((record.event_time - EPOCH).days)
        if batch.dead:
            self._letters.append((partition, batch.dead))

    def prepare(self, connection: Connection) -> None:
        """Create the daily partitions of the table that are missing, as at the first start; usually they already
        exist."""
        self._make(connection, self._days)

    def write(self, cursor: Cursor) -> None:
        """Write the rows and the dead letters."""
        copy_quotes(cursor, self._rows)
        for partition, letters in self._letters:
            insert_dead_letters(cursor, partition, letters)
        self._committed_letters, self._letters = self._letters, []
        self._rows = []

    def between_commits(self, connection: Connection) -> None:
        """After the commit: publish the committed dead letters, and create the daily partitions of the next days."""
        for partition, letters in self._committed_letters:
            self._dead_letter_topic.add(partition, letters)
        self._committed_letters = []
        self._dead_letter_topic.publish()
        if self._days and time.monotonic() >= self._ahead_at:
            self._make_ahead(connection)

    def _make_ahead(self, connection: Connection) -> None:
        """Create the days after the newest one. A short lock timeout keeps readers and writers from waiting."""
        newest = max(self._days)
        try:
            self._make(connection, set(range(newest + 1, newest + 1 + DAYS_AHEAD)), lock_timeout="200ms")
            self._days = set()
        except Unavailable as error:
            log.debug("daily partitions are not created ahead yet: %s", error)
            self._ahead_at = time.monotonic() + AHEAD_RETRY_SECONDS

    def _make(self, connection: Connection, days: set[int], lock_timeout: str = "30s") -> None:
        """Create daily partitions, several per transaction, because each one holds locks until the transaction ends."""
        new = sorted(days - self._days_made)
        for start in range(0, len(new), DAYS_PER_TRANSACTION):
            with transaction(connection) as cursor:
                wait_for_locks(cursor, lock_timeout)
                for day in new[start : start + DAYS_PER_TRANSACTION]:
                    make_day(cursor, day)
        self._days_made |= days

    def finish(self, _: Connection) -> None:
        """Nothing to do: `between_commits` follows every commit."""

    def close(self) -> None:
        """Close the dead-letter topic."""
        self._dead_letter_topic.close()
