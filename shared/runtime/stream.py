"""The one loop of every consuming part: poll, fold, and commit rows and offsets together.

 1. Poll; the broker gathers for some milliseconds, so that one transaction carries many messages.
 2. A partition that was gained begins where the database says, or earlier where the fold asks to fold again
    what its snapshot lacks; what lies below the stored offset is folded but never written. The last message written
    is read once more: another one in its place is another log, and the part stops.
 3. Decode; what can't be decoded, belongs to another partition or comes from a producer whose time is over is a dead
    letter with its reason.
 4. Fold; then in one transaction: offsets, each moved only from where we believe it to be, then rows. Who lost a
    partition learns it before it writes what another member has written.
 5. Tell Kafka the offsets too, for lag tools.

Any failure on the way ends the run with what is to happen next as its name; the next run starts as after a kill,
from what is committed. There is no second path.
"""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Protocol

from shared.errors import BadMessage, StopPart
from shared.kafka import GroupReader, Log, Message, partition_of, require_reachable, require_topic
from shared.market.messages import decode
from shared.market.records import CorporateAction, Quote, Record, RecordedBar, TimeMark
from shared.postgres.database import Connection, Cursor, transaction
from shared.runtime.bookmark import Bookmark, LogPartition, parted
from shared.runtime.fingerprints import fingerprint
from shared.runtime.offsets import GroupOnTopic, OffsetStep, advance, begin, reached, succession
from shared.runtime.step_size import StepSize

POLL_MS = 200
QUIET_SECONDS = 3.0
COMPARE_SECONDS = 1.0
"""No server stops, gets another data folder and starts again in so short a time."""
SYMBOLS_KNOWN = 100_000
NOTHING_ASIDE: Mapping[int, str] = {}

log = logging.getLogger("tickstream")


class DeadLetter(NamedTuple):
    """A message that must not enter a table as a number, and why."""

    message: Message
    reason: str


class Batch(NamedTuple):
    """Consecutive messages of one partition, decoded: records by offset, and the dead letters among them."""

    partition: int
    records: list[tuple[int, Record]]
    dead: list[DeadLetter]
    step: OffsetStep


class Fold(Protocol):
    """What a part makes of the log."""

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Take a partition up that is written up to `next_offset`: the offset to read from, at most that."""

    def forget(self, partition: int) -> None:
        """The partition belongs to another member now."""

    def refold(self, batch: Batch) -> None:
        """Fold what is written already, to get the state back."""

    def fold(self, batch: Batch) -> None:
        """Fold what is new."""

    def prepare(self, connection: Connection, /) -> None:
        """Before the transaction of a write: make what the tables need to take it, and what may stay if it fails."""

    def write(self, cursor: Cursor) -> None:
        """Write what was folded since the last write."""

    def rest(self, connection: Connection, /) -> None:
        """Between two commits: chores that are nobody's hurry."""

    def finish(self, connection: Connection, /) -> None:
        """The part stops; everything folded is written."""

    def close(self) -> None:
        """The run is over, however it ended."""


@dataclass(frozen=True)
class Pace:
    """How the loop goes, and when it ends: after `max_messages`, where that is not 0.

    `from_latest` lets a group that was never here begin with what is published from now on.
    """

    max_messages: int = 0
    skip_invalid: bool = True
    report_offsets: bool = True
    from_latest: bool = False


class ConsumerLoop:
    """One run of the loop, from start to stop or to the first failure."""

    def __init__(
        self,
        log: Log,
        reading: GroupOnTopic,
        reader: GroupReader,
        connection: Connection,
        fold: Fold,
        pace: Pace,
    ) -> None:
        self._log, self._reading, self._reader = log, reading, reader
        self.connection, self._fold, self._pace = connection, fold, pace
        self._bookmarks: dict[int, Bookmark] = {}
        self._size = StepSize()
        self._heard = self._compared = time.monotonic()
        self.handled = 0
        self.commits = 0

    def step(self) -> None:
        """One turn of the loop. Raises Unavailable, PartitionLost or StopPart."""
        polled = self._poll()
        began = time.monotonic()
        gained = self._follow_assignment()
        batches = [
            batch
            for partition, messages in polled.items()
            if partition in self._bookmarks and partition not in gained
            for batch in self._decoded(partition, messages)
        ]
        if batches:
            self._commit(batches)
            self._heard = self._compared = time.monotonic()
        else:
            self._look_around(not polled)
        if polled:
            self._size.took(time.monotonic() - began)
        self._fold.rest(self.connection)

    def finish(self) -> None:
        """Leave everything written."""
        self._fold.finish(self.connection)

    def lag(self) -> int:
        """Messages that wait."""
        again = len([each for each in self._bookmarks.values() if each.is_only_compared])
        return max(0, self._reader.lag() - again)

    @property
    def has_enough(self) -> bool:
        """Whether `max_messages` are handled."""
        return 0 < self._pace.max_messages <= self.handled

    def _poll(self) -> dict[int, list[Message]]:
        limit = self._size.messages
        if self._pace.max_messages:
            limit = min(limit, self._pace.max_messages - self.handled)
        return self._reader.poll(POLL_MS, limit)

    def _follow_assignment(self) -> set[int]:
        """Take up what a rebalance gave and drop what it took: the partitions gained just now.

        One that it took and gave back goes on from the state we have; had another member moved it meanwhile, our
        next commit would find that out.
        """
        gained, lost = self._reader.take_changes()
        for partition in lost - gained:
            if self._bookmarks.pop(partition, None) is not None:
                self._fold.forget(partition)
        if gained:
            require_topic(self._log)
        for partition in sorted(gained - self._bookmarks.keys()):
            self._take_up(partition)
        self._look_back(gained)
        return gained

    def _take_up(self, partition: int) -> None:
        first, end = self._reader.bounds(partition)
        where = LogPartition(self._log.topic, partition)
        with transaction(self.connection) as cursor:
            start = end if self._pace.from_latest else first
            written = begin(cursor, self._reading, partition, start)
            since, _, last = reached(cursor, self._reading, partition)
            if not first <= written <= end:
                raise StopPart(parted(where, written, f"it reaches from {first} to {end}"))
            read_from = self._fold.resume(cursor, partition, written)
            epochs = succession(cursor, self._reading, partition, since, read_from)
        if written > since and (last is None or first == written):
            log.info(
                "%s: no fingerprint of the last message is stored yet; one is stored with the next message.",
                where,
            )
            last = None
        self._bookmarks[partition] = Bookmark(where, written, read_from, last, epochs)

    def _look_back(self, partitions: Iterable[int]) -> None:
        """Read the last message written in each partition again, to compare it with what it was."""
        for partition in partitions:
            self._reader.seek(partition, self._bookmarks[partition].look_back())
        self._compared = time.monotonic()

    def _decoded(self, partition: int, messages: list[Message]) -> list[Batch]:
        """The messages as one batch to write; those below the stored offset as one that is only folded."""
        bookmark = self._bookmarks[partition]
        known, new = bookmark.take(messages)
        if known:
            self._fold.refold(self._batch(bookmark, partition, known))
        return [self._batch(bookmark, partition, new)] if new else []

    def _batch(self, bookmark: Bookmark, partition: int, messages: list[Message]) -> Batch:
        aside, began = bookmark.succession.follow(messages)
        batch = decoded(partition, messages[0].offset, messages, self._log.partitions, aside)
        batch.step.fingerprint, batch.step.began = fingerprint(messages[-1]), began
        return batch

    def _commit(self, batches: list[Batch]) -> None:
        for batch in batches:
            if batch.dead and not self._pace.skip_invalid:
                raise StopPart(_invalid(batch))
            self._fold.fold(batch)
        self._fold.prepare(self.connection)
        with transaction(self.connection) as cursor:
            advance(cursor, self._reading, [batch.step for batch in batches])
            self._fold.write(cursor)
        for batch in batches:
            self._bookmarks[batch.partition].move(batch.step.reached, batch.step.fingerprint)
            self.handled += len(batch.records) + len(batch.dead)
        self.commits += 1
        if self._pace.report_offsets:
            self._reader.report({batch.partition: batch.step.reached for batch in batches})

    def _look_around(self, is_silent: bool) -> None:
        """Nothing new came: the broker may be gone, or come back with another log before the next message."""
        now = time.monotonic()
        if not is_silent:
            return
        if now - self._heard > QUIET_SECONDS:
            self._look_whether_kafka_is_there()
        if now - self._compared > COMPARE_SECONDS:
            self._look_back(self._bookmarks)

    def _look_whether_kafka_is_there(self) -> None:
        """The client would wait for a lost broker or topic without a word."""
        self._heard = time.monotonic()
        require_reachable(self._log.bootstrap)
        require_topic(self._log)


def decoded(
    partition: int,
    first_offset: int,
    messages: list[Message],
    partitions: int,
    aside: Mapping[int, str] = NOTHING_ASIDE,
) -> Batch:
    """Messages from `first_offset` on, decoded and counted; those at the offsets of `aside` are dead letters.

    A symbol in a partition that is not its own, of `partitions` in all, is one too: it would have two bars.
    """
    records: list[tuple[int, Record]] = []
    dead: list[DeadLetter] = []
    at_home: set[str] = set()
    for message in messages:
        if aside and message.offset in aside:
            dead.append(DeadLetter(message, aside[message.offset]))
            continue
        try:
            record = decode(message.value, message.timestamp)
            symbol = record.symbol
            if symbol is not None and symbol not in at_home:
                _require_home(symbol, partition, partitions)
                at_home.add(symbol)
            records.append((message.offset, record))
        except BadMessage as reason:
            dead.append(DeadLetter(message, str(reason)))
    kinds = Counter([type(record) for _, record in records])
    counts = kinds[Quote], kinds[RecordedBar], kinds[CorporateAction], kinds[TimeMark]
    step = OffsetStep(partition, first_offset, messages[-1].offset + 1, *counts, len(dead))
    return Batch(partition, records, dead, step)


@lru_cache(SYMBOLS_KNOWN)
def _home(symbol: str, partitions: int) -> int:
    """The partition of a symbol, reckoned once: the rule in Python costs more than all else about a message."""
    return partition_of(symbol.encode(), partitions)


def _require_home(symbol: str, partition: int, partitions: int) -> None:
    """Raises BadMessage where the symbol belongs to another partition."""
    home = _home(symbol, partitions)
    if home != partition:
        raise BadMessage(f"in the wrong partition: {symbol} belongs to partition {home}")


def _invalid(batch: Batch) -> str:
    message, reason = batch.dead[0]
    return (
        f"Message at partition {batch.partition}, offset {message.offset} is invalid: {reason}. "
        "SKIP_INVALID_DATA=false stops here; set it to true to keep such messages as dead letters and go on."
    )
