"""The loop of every consuming part: poll, fold, and commit rows and offsets together.

 1. Poll. The broker waits some milliseconds for more messages, so that one transaction holds many of them.
 2. A newly assigned partition starts at the offset stored in the database, or earlier if the fold must rebuild what
    its snapshot lacks. Messages below the stored offset are folded but never written again. The last message written
    is compared with the log, also after a pause: if it differs, the log was replaced and the part stops.
 3. Decode. A message that can't be decoded, belongs to another partition or comes from a superseded producer becomes
    a dead letter with its reason.
 4. Fold. Then, in one transaction: advance each offset from its expected value, then write rows. A member that lost
    a partition fails here, before it writes rows that another member has written.
 5. Report the offsets to Kafka too, for lag tools.

While many messages wait, the transaction runs in a thread beside the poll and the decoding of the next step.

Any failure ends the run with an error named by what must happen next. The next run starts from what is committed, as
after a kill; there is no other recovery path.
"""

import logging
import time
from collections.abc import Iterable, Mapping

from shared.consumer_loop.background_commit import BackgroundCommit
from shared.consumer_loop.bookmark import Bookmark, LogPartition, log_replaced
from shared.consumer_loop.comparison import LogComparison
from shared.consumer_loop.continuity import Continuity
from shared.consumer_loop.fold import Fold, LoopOptions
from shared.consumer_loop.idle_checks import IdleChecks
from shared.consumer_loop.step_size import StepSize
from shared.errors import StopPart, Unavailable
from shared.kafka import GroupReader, Log, Message, require_topic
from shared.postgres.database import Connection, transaction
from shared.progress.batches import Batch, decoded
from shared.progress.fingerprints import fingerprint
from shared.progress.offsets import GroupOnTopic, advance, begin, reached, succession

POLL_MS = 200
MANY_MESSAGES = 1_000
"""Messages of a step whose transaction runs beside the next poll. Fewer are committed before it: nothing is gained."""
REPORT_SECONDS = 1.0

log = logging.getLogger("tickstream")


class ConsumerLoop:
    """One run of the loop, from start to stop or to the first failure."""

    def __init__(
        self,
        log: Log,
        reading: GroupOnTopic,
        reader: GroupReader,
        connection: Connection,
        fold: Fold,
        options: LoopOptions,
    ) -> None:
        self._log, self._reading, self._reader = log, reading, reader
        self.connection, self._fold, self._options = connection, fold, options
        self._bookmarks: dict[int, Bookmark] = {}
        self._continuity = Continuity()
        self._size, self._background = StepSize(), BackgroundCommit()
        self._committing: list[Batch] = []
        self._unreported: dict[int, int] = {}
        self._reported = 0.0
        self._comparison = LogComparison(log)
        self._idle_checks = IdleChecks(log, self._comparison, self._bookmarks)
        self.handled = 0
        self.commits = 0

    def step(self) -> None:
        """Run one step of the loop. Raises Unavailable, PartitionLost or StopPart."""
        limit = self._limit()
        polled = self._reader.poll(POLL_MS, limit)
        began = time.monotonic()
        gained = self._follow_assignment()
        readable = self._bookmarks.keys() - gained
        known = {partition: messages for partition, messages in polled.items() if partition in readable}
        is_drained = sum(map(len, polled.values())) < limit
        usable = self._still_held(known, is_drained, began)
        batches = [
            batch for partition, messages in usable.items() for batch in self._decoded(partition, messages)
        ]
        if known:
            self._idle_checks.note_messages()
        if batches:
            self._commit(batches)
        else:
            self.settle()
            self._idle_checks.check()
            self._fold.between_commits(self.connection)
        if usable:
            self._size.took(time.monotonic() - began, sum(map(len, usable.values())))
        self._report(REPORT_SECONDS)

    def settle(self) -> None:
        """Wait until the last step is committed: until then its transaction uses the connection."""
        if not self._background.wait():
            return
        for batch in self._committing:
            self._bookmarks[batch.partition].move(batch.step.reached, batch.step.fingerprint)
            self._unreported[batch.partition] = batch.step.reached
        self.commits += 1
        self._fold.between_commits(self.connection)

    def close(self) -> None:
        """Wait until nothing uses the connection any more."""
        self._background.close()
        self._comparison.close()

    def finish(self) -> None:
        """End the fold; all folded messages are already written."""
        self.settle()
        self._report(0.0)
        self._fold.finish(self.connection)

    def _report(self, pause: float) -> None:
        """Report new offsets to Kafka too, after a pause in seconds: a report costs the broker as much as a message."""
        is_due = time.monotonic() - self._reported >= pause
        if is_due and self._unreported and self._options.report_offsets:
            self._reader.report(self._unreported)
            self._unreported, self._reported = {}, time.monotonic()

    def lag(self) -> int:
        """The number of messages not yet read."""
        return self._reader.lag()

    @property
    def has_enough(self) -> bool:
        """Whether `max_messages` have been handled."""
        return 0 < self._options.max_messages <= self.handled

    def _limit(self) -> int:
        """The maximum number of messages of the next step."""
        if not self._options.max_messages:
            return self._size.messages
        return min(self._size.messages, self._options.max_messages - self.handled)

    def _still_held(
        self, polled: Mapping[int, list[Message]], is_drained: bool, now: float
    ) -> dict[int, list[Message]]:
        """The messages polled at `now` that surely follow those before and are still in the log.

        `is_drained` is whether the poll returned all that had been fetched; what was fetched long ago is fetched again.
        Raises StopPart or Unavailable.
        """
        doubtful = self._continuity.doubtful(polled, now)
        usable = dict(polled)
        if doubtful:
            self.settle()
            self._compare(doubtful)
        for partition in doubtful:
            last = polled[partition][-1]
            if not self._comparison.holds(partition, last):
                self._reader.seek(partition, self._bookmarks[partition].position)
                del usable[partition]
            elif not is_drained:
                self._reader.seek(partition, last.offset + 1)
        if is_drained:
            self._continuity.note_sure(polled.keys() - doubtful, now)
        return usable

    def _compare(self, partitions: Iterable[int]) -> None:
        """Compare the last message written of these partitions with the log. Raises StopPart or Unavailable."""
        for partition in partitions:
            began = time.monotonic()
            try:
                self._comparison.require_same(self._bookmarks[partition])
            except Unavailable:
                require_topic(self._log)  # without it there is nothing to wait for
                raise
            self._continuity.note_sure([partition], began)

    def _follow_assignment(self) -> set[int]:
        """Start assigned partitions and drop revoked ones; returns the partitions that were just assigned.

        A partition that was revoked and assigned again keeps its state; if another member advanced it in between, the
        next commit detects that.
        """
        gained, lost = self._reader.take_changes()
        if gained or lost:
            self.settle()
            self._idle_checks.note_messages()
        for partition in lost - gained:
            self._unreported.pop(partition, None)
            if self._bookmarks.pop(partition, None) is not None:
                self._fold.forget(partition)
        if gained:
            require_topic(self._log)
            for partition in sorted(gained - self._bookmarks.keys()):
                self._take_up(partition)
            self._compare(gained)
            for partition in gained:
                self._reader.seek(partition, self._bookmarks[partition].position)
        return gained

    def _take_up(self, partition: int) -> None:
        first, end = self._reader.bounds(partition)
        where = LogPartition(self._log.topic, partition)
        with transaction(self.connection) as cursor:
            start = end if self._options.from_latest else first
            written = begin(cursor, self._reading, partition, start)
            since, _, last = reached(cursor, self._reading, partition)
            if not first <= written <= end:
                raise StopPart(log_replaced(where, written, f"it reaches from {first} to {end}"))
            read_from = self._fold.resume(cursor, partition, written)
            epochs = succession(cursor, self._reading, partition, since, read_from)
        if written > since and (last is None or first == written):
            log.info(
                "%s: no fingerprint of the last message is stored yet; one is stored with the next message.",
                where,
            )
            last = None
        self._bookmarks[partition] = Bookmark(where, written, read_from, last, epochs)

    def _decoded(self, partition: int, messages: list[Message]) -> list[Batch]:
        """The new messages as one batch to write; those below the stored offset are only folded."""
        bookmark = self._bookmarks[partition]
        known, new = bookmark.take(messages)
        if known:
            self.settle()
            self._fold.refold(self._batch(bookmark, partition, known))
        return [self._batch(bookmark, partition, new)] if new else []

    def _batch(self, bookmark: Bookmark, partition: int, messages: list[Message]) -> Batch:
        rejected, began = bookmark.succession.follow(messages)
        batch = decoded(partition, messages[0].offset, messages, self._log.partitions, rejected)
        batch.step.fingerprint, batch.step.began = fingerprint(messages[-1]), began
        return batch

    def _commit(self, batches: list[Batch]) -> None:
        self.settle()
        for batch in batches:
            if batch.dead and not self._options.skip_invalid:
                raise StopPart(_invalid(batch))
            self._fold.fold(batch)
            self.handled += len(batch.records) + len(batch.dead)
        self._fold.prepare(self.connection)
        self._committing = batches
        self._background.start(self._write)
        if sum(len(batch.records) for batch in batches) < MANY_MESSAGES:
            self.settle()

    def _write(self) -> None:
        with transaction(self.connection) as cursor:
            advance(cursor, self._reading, [batch.step for batch in self._committing])
            self._fold.write(cursor)


def _invalid(batch: Batch) -> str:
    message, reason = batch.dead[0]
    return (
        f"Message at partition {batch.partition}, offset {message.offset} is invalid: {reason}. "
        "SKIP_INVALID_DATA=false stops here; set it to true to keep such messages as dead letters and continue."
    )
