"""Compare a log with the tables that were filled from it: the last offset up to which they agree."""

from collections.abc import Generator, Iterator
from contextlib import closing
from heapq import merge
from typing import NamedTuple

from msgspec.structs import astuple

from consumer.tables import STORED_FIELDS
from shared.kafka import Log, LogReader, Message
from shared.market.records import Quote
from shared.postgres.database import Connection, Cursor
from shared.progress.batches import decoded
from shared.progress.epochs import NO_EPOCH, EpochTracker
from shared.progress.fingerprints import fingerprint
from shared.progress.offsets import GroupOnTopic, OffsetStep, Reached, reached

Row = tuple[object, ...]
"""The row of an offset: the fields of a quote, or key and message of a dead letter."""


class Group(NamedTuple):
    """A group in a partition: the offset it has reached, and whether the log still has the last message it read."""

    name: str
    at: Reached
    agrees: bool


class Divergence(NamedTuple):
    """A partition of the log, which holds the offsets `first` to `end`, and the groups that read it.

    Log and tables agree up to the offset `common`.
    """

    partition: int
    first: int
    end: int
    groups: list[Group]
    common: int

    @property
    def cut(self) -> list[Group]:
        """The groups that have read messages which the log does not have."""
        return [group for group in self.groups if not group.agrees]


def divergences(connection: Connection, cursor: Cursor, log: Log, reader: LogReader) -> Iterator[Divergence]:
    """Compare each partition that a group has read. Raises Unavailable."""
    cursor.execute(
        "select partition, array_agg(group_id order by group_id) from progress where topic = %s"
        " group by partition order by partition",
        (log.topic,),
    )
    for partition, names in cursor.fetchall():
        first, end = reader.bounds(partition)
        groups = [_group(cursor, log, reader, partition, name, (first, end)) for name in names]
        proven = max((group.at.next_offset for group in groups if group.agrees), default=first)
        found = Divergence(partition, first, end, groups, proven)
        yield found if not found.cut else found._replace(common=_common(connection, log, reader, found))


def _group(
    cursor: Cursor, log: Log, reader: LogReader, partition: int, name: str, bounds: tuple[int, int]
) -> Group:
    at, (first, end) = reached(cursor, GroupOnTopic(name, log.topic), partition), bounds
    if at.next_offset == at.first_offset or at.next_offset == first:
        return Group(name, at, agrees=first <= at.next_offset <= end)
    last = reader.message_at(partition, at.next_offset - 1)
    known = at.fingerprint
    return Group(name, at, agrees=last is not None and known in (None, fingerprint(last)))


def _common(connection: Connection, log: Log, reader: LogReader, divergence: Divergence) -> int:
    """The offset after the last row that is equal to its message in the log; rows are compared from `common` on.

    Only quotes and dead letters have a row each; other records after the last such row are read again.
    """
    common, behind = divergence.common, max(group.at.next_offset for group in divergence.groups)
    with closing(_rows(connection, divergence.partition, common)) as rows:
        for messages in reader.forwards(divergence.partition, common, min(behind, divergence.end)):
            for offset, versions in _expected(log, divergence.partition, messages):
                found, row = next(rows, (-1, None))
                if found != offset or row not in versions:
                    return common
                common = offset + 1
    return common


def _expected(log: Log, partition: int, messages: list[Message]) -> Iterator[tuple[int, tuple[Row, ...]]]:
    """The offsets that must have a row, each with the rows allowed: a quote, or the message as a dead letter."""
    batch = decoded(partition, messages[0].offset, messages, log.partitions)
    quotes = {
        offset: astuple(record)[: len(STORED_FIELDS)]
        for offset, record in batch.records
        if isinstance(record, Quote)
    }
    dead = {letter.message.offset for letter in batch.dead}
    for message in messages:
        letter: Row = (message.key, message.value)
        if message.offset in dead:
            yield message.offset, (letter,)
        elif message.offset in quotes:
            yield message.offset, (quotes[message.offset], letter)


def _rows(connection: Connection, partition: int, offset: int) -> Generator[tuple[int, Row]]:
    """The rows of a partition from an offset on, in order, fetched in batches."""
    fields = ", ".join(f'"{field}"' for field in STORED_FIELDS)
    where = 'where partition = %s and "offset" >= %s order by "offset"'
    with connection.cursor("quotes_by_offset") as quotes, connection.cursor("letters_by_offset") as letters:
        quotes.execute(f'select "offset", {fields} from quotes {where}', (partition, offset))  # noqa: S608
        letters.execute(f'select "offset", key, message from dead_letters {where}', (partition, offset))  # noqa: S608
        yield from merge(
            ((at, tuple(row)) for at, *row in quotes),
            ((at, tuple(part and bytes(part) for part in row)) for at, *row in letters),
            key=lambda row: row[0],
        )


def tally(log: Log, reader: LogReader, partition: int, first: int, until: int) -> OffsetStep:
    """Count the messages from `first` to `until` by kind, as a group that began at `first` counts them."""
    total, epochs = OffsetStep(partition, first, until), EpochTracker(NO_EPOCH, first)
    for messages in reader.forwards(partition, first, until):
        aside, _ = epochs.follow(messages)
        step = decoded(partition, messages[0].offset, messages, log.partitions, aside).step
        total.count(step)
        total.fingerprint = fingerprint(messages[-1])
    return total
