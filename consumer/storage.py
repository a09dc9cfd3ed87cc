"""The storage fold: every quote of the log into `quotes`, every bad message into the dead letters."""

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
from shared.runtime.batches import Batch, DeadLetter

DAYS_PER_TRANSACTION = 20
DAYS_AHEAD = 2
"""So many days behind the newest one are ready before midnight comes."""
AHEAD_RETRY_SECONDS = 60.0
"""Seconds until days are tried to be made ahead again, where something held the table."""

log = logging.getLogger("tickstream")


class Storage:
    """Quotes and dead letters of the partitions that this process has."""

    def __init__(self, dead_letter_topic: DeadLetterTopic) -> None:
        self._dead_letter_topic = dead_letter_topic
        self._rows: list[tuple[object, ...]] = []
        self._letters: list[tuple[int, list[DeadLetter]]] = []
        self._committed_letters: list[tuple[int, list[DeadLetter]]] = []
        self._days_made: set[int] = set()
        self._days: set[int] = set()
        self._ahead_at = 0.0

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Nothing to fold again: what is stored is stored."""
        self._days_made = days_made(cursor)
        self._dead_letter_topic.resume(cursor, partition)
        return next_offset

    def forget(self, partition: int) -> None:
        """Another member stores it now."""
        self._dead_letter_topic.forget(partition)

    def refold(self, batch: Batch) -> None:
        """Never needed: `resume` reads from the stored offset on."""

    def fold(self, batch: Batch) -> None:
        """Turn quotes into rows for COPY."""
        partition, rows, days = batch.partition, self._rows, self._days
        for offset, record in batch.records:
            if type(record) is Quote:
                rows.append(quote_row(partition, offset, record))
                days.add((record.event_time - EPOCH).days)
        if batch.dead:
            self._letters.append((partition, batch.dead))

    def prepare(self, connection: Connection) -> None:
        """Make the parts of the table for days that are new, as at a start; usually they were made ahead."""
        self._make(connection, self._days)

    def write(self, cursor: Cursor) -> None:
        """Write the rows."""
        copy_quotes(cursor, self._rows)
        for partition, letters in self._letters:
            insert_dead_letters(cursor, partition, letters)
        self._committed_letters, self._letters = self._letters, []
        self._rows = []

    def rest(self, connection: Connection) -> None:
        """After the commit: let the dead-letter topic follow the table, and make the days to come."""
        for partition, letters in self._committed_letters:
            self._dead_letter_topic.add(partition, letters)
        self._committed_letters = []
        self._dead_letter_topic.publish()
        if self._days and time.monotonic() >= self._ahead_at:
            self._make_ahead(connection)

    def _make_ahead(self, connection: Connection) -> None:
        """Make the days behind the newest one. It can wait: nobody stands still for it."""
        newest = max(self._days)
        try:
            self._make(connection, set(range(newest + 1, newest + 1 + DAYS_AHEAD)), lock_timeout="200ms")
            self._days = set()
        except Unavailable as error:
            log.debug("days are not made ahead yet: %s", error)
            self._ahead_at = time.monotonic() + AHEAD_RETRY_SECONDS

    def _make(self, connection: Connection, days: set[int], lock_timeout: str = "30s") -> None:
        """Make the parts of the table for days, some a transaction: each takes locks until its end."""
        new = sorted(days - self._days_made)
        for start in range(0, len(new), DAYS_PER_TRANSACTION):
            with transaction(connection) as cursor:
                wait_for_locks(cursor, lock_timeout)
                for day in new[start : start + DAYS_PER_TRANSACTION]:
                    make_day(cursor, day)
        self._days_made |= days

    def finish(self, _: Connection) -> None:
        """Nothing is left over: every commit was followed by `rest`."""

    def close(self) -> None:
        """Close the dead-letter topic."""
        self._dead_letter_topic.close()
