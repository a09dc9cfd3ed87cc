"""The storage fold: every quote of the log into `quotes`, every bad message into the dead letters."""

from consumer.dead_letters import DeadLetterTopic
from consumer.tables import copy_quotes, days_made, insert_dead_letters, make_day, quote_row
from shared.database import Connection, Cursor, transaction
from shared.market import Quote
from shared.stream import Batch, DeadLetter

DAY = 86_400
DAYS_A_TRANSACTION = 20
DAYS_AHEAD = 2
"""So many days behind the newest one are ready before midnight comes."""


class Storage:
    """Quotes and dead letters of the partitions that this process has."""

    def __init__(self, dead_letter_topic: DeadLetterTopic) -> None:
        self._dead_letter_topic = dead_letter_topic
        self._rows: list[tuple[object, ...]] = []
        self._letters: list[tuple[int, list[DeadLetter]]] = []
        self._committed_letters: list[tuple[int, list[DeadLetter]]] = []
        self._days_made: set[int] = set()
        self._days: set[int] = set()

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
                days.add(int(record.event_time.timestamp()) // DAY)
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
        if self._days:
            newest = max(self._days)
            self._make(connection, set(range(newest + 1, newest + 1 + DAYS_AHEAD)))
            self._days = set()

    def _make(self, connection: Connection, days: set[int]) -> None:
        """Make the parts of the table for days, some a transaction: each takes locks until its end."""
        new = sorted(days - self._days_made)
        for start in range(0, len(new), DAYS_A_TRANSACTION):
            with transaction(connection) as cursor:
                for day in new[start : start + DAYS_A_TRANSACTION]:
                    make_day(cursor, day)
        self._days_made |= days

    def finish(self, _: Connection) -> None:
        """Nothing is left over: every commit was followed by `rest`."""

    def close(self) -> None:
        """Close the dead-letter topic."""
        self._dead_letter_topic.close()
