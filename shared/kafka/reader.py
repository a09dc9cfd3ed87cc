"""Reading the log: as a member of a group, or backwards from its end."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError, FencedInstanceIdError, IllegalStateError, KafkaError
from kafka.structs import OffsetAndMetadata

from shared.errors import PartitionLost, Unavailable
from shared.kafka.connection import (
    CONNECT_TIMEOUT_MS,
    NO_NEW_TOPICS,
    Log,
    client_settings,
    kafka_errors,
    require_reachable,
)
from shared.observability.heartbeat import beat

SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 3_600_000
"""A first start may wait for thousands of searches for a model between two polls, some tenths of a second each. A part
that died is missed sooner, by its heartbeats; one that hangs, by its signs of life."""
JOIN_SECONDS = 20.0
IDLE_MS = 20
"""With no fetch under way the client sleeps its retry pause, 100 ms unless told, before it looks again."""
FETCH_BYTES = 4 * 1024 * 1024
POSITION_MS = 1_000
TYPICAL_BYTES = 250
"""Of a message in the log."""
TAIL_WINDOW = 100
FORWARD_WINDOW = 10_000
LONGEST_SILENCE = 30.0
"""Seconds a look into the log waits for a broker that takes connections and gives nothing."""

log = logging.getLogger("tickstream.kafka")


class Message(Protocol):
    """What the log holds at an offset. `timestamp` is when the broker took it, epoch milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what a rebalance gave and took; the loop acts on it between two polls.

    `outside_since` is when this member left its group to join it anew, None while it is in it.
    """

    def __init__(self) -> None:
        self.gained: set[int] = set()
        self.lost: set[int] = set()
        self.outside_since: float | None = time.monotonic()

    def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        self.gained |= {partition.partition for partition in assigned}
        self.outside_since = None

    def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self.lost |= {partition.partition for partition in revoked}
        self.gained -= self.lost
        self.outside_since = time.monotonic()

    @property
    def takes_too_long(self) -> bool:
        """Whether this member is on its way into the group for longer than any rebalance should take."""
        return self.outside_since is not None and time.monotonic() - self.outside_since > JOIN_SECONDS


class Gathering(NamedTuple):
    """When the broker answers: as soon as so many messages wait, and at the latest after so many milliseconds.

    It gathers better than a pause of ours would: one answer then carries everything up to its own moment.
    """

    messages: int = 100
    milliseconds: int = 15


USUAL = Gathering()


class GroupReader:
    """One member of a consuming group. `instance` keeps its partitions through a restart (static membership)."""

    def __init__(self, log_: Log, group: str, instance: str, gathering: Gathering = USUAL) -> None:
        self._bootstrap, self._topic = log_.bootstrap, log_.topic
        self._assignments = _Assignments()
        with kafka_errors(self._bootstrap):
            self._consumer = KafkaConsumer(
                **client_settings(log_.brokers),
                **NO_NEW_TOPICS,
                group_id=group,
                group_instance_id=instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                fetch_min_bytes=gathering.messages * TYPICAL_BYTES,
                fetch_max_wait_ms=gathering.milliseconds,
                retry_backoff_ms=IDLE_MS,
                session_timeout_ms=SESSION_TIMEOUT_MS,
                max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            )
        try:
            self._join()
        except Unavailable:
            self.close()
            raise

    def _join(self) -> None:
        with kafka_errors(self._bootstrap):
            self._consumer.subscribe([self._topic], listener=self._assignments)
            # Whoever joins must know the topic: a leader that does not shares out nothing, and if it is killed
            # just then, every restart in its place is given that nothing again. A leader that learns of it only
            # afterwards joins a second time, and that may never end: the client forgets a join that was called for
            # by news of the topic as soon as a poll ends before it does.
            self._consumer.beginning_offsets([TopicPartition(self._topic, 0)], CONNECT_TIMEOUT_MS)

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """Messages by partition; none when nothing came in time.

        Raises Unavailable, and PartitionLost where another process took this instance's place in the group.
        """
        try:
            found = self._consumer.poll(timeout_ms=timeout_ms, max_records=max_records)
        except FencedInstanceIdError as error:
            raise PartitionLost("another process has this part's place in the group") from error
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error
        if self._assignments.takes_too_long:
            raise Unavailable(f"Kafka gave this part no place in its group within {JOIN_SECONDS:.0f} s")
        return {where.partition: messages for where, messages in found.items()}

    def take_changes(self) -> tuple[set[int], set[int]]:
        """Partitions gained and lost since the last call."""
        gained, lost = self._assignments.gained, self._assignments.lost
        self._assignments.gained, self._assignments.lost = set(), set()
        return gained, lost

    def seek(self, partition: int, offset: int) -> None:
        """Read the partition from `offset` on."""
        self._consumer.seek(TopicPartition(self._topic, partition), offset)

    def bounds(self, partition: int) -> tuple[int, int]:
        """First offset that the log still has, and the one after its last. Raises Unavailable."""
        with kafka_errors(self._bootstrap):
            return _bounds(self._consumer, TopicPartition(self._topic, partition))

    def lag(self) -> int:
        """How many messages wait, as far as the last answers of the broker say. Raises Unavailable."""
        waiting = 0
        with kafka_errors(self._bootstrap):
            for where in self._consumer.assignment():
                end = self._consumer.highwater(where)
                position = self._consumer.position(where, timeout_ms=POSITION_MS)
                if end is not None and position is not None:
                    waiting += max(0, end - position)
        return waiting

    def report(self, offsets: Mapping[int, int]) -> None:
        """Tell Kafka the offsets too, for the ordinary lag tools; nothing depends on it."""
        positions = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        try:
            self._consumer.commit_async(positions)
        except (CommitFailedError, IllegalStateError) as error:
            log.debug("offsets not reported: %s", error)

    def close(self) -> None:
        """Leave."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=1_000)
        except (KafkaError, OSError) as error:
            log.debug("closing the reader: %s", error)


class LogBrowser:
    """Looks into a log without belonging to a group or leaving a trace."""

    def __init__(self, log_: Log, consumer: KafkaConsumer) -> None:
        self._log, self._consumer = log_, consumer

    def ends(self) -> dict[int, int]:
        """The offset after the last message, by partition. Raises Unavailable."""
        wanted = [TopicPartition(self._log.topic, partition) for partition in range(self._log.partitions)]
        with kafka_errors(self._log.bootstrap):
            return {where.partition: end for where, end in self._consumer.end_offsets(wanted).items()}

    def backwards(self, partition: int) -> Iterator[Message]:
        """The messages of a partition from the last to the first, fetched in growing windows. Raises Unavailable."""
        where = TopicPartition(self._log.topic, partition)
        first, end = self.bounds(partition)
        with kafka_errors(self._log.bootstrap):
            window = TAIL_WINDOW
            while end > first:
                start = max(first, end - window)
                yield from reversed(self._range(where, start, end))
                end, window = start, window * 4

    def bounds(self, partition: int) -> tuple[int, int]:
        """First offset that the log still has, and the one after its last. Raises Unavailable."""
        with kafka_errors(self._log.bootstrap):
            return _bounds(self._consumer, TopicPartition(self._log.topic, partition))

    def forwards(self, partition: int, start: int, end: int) -> Iterator[list[Message]]:
        """The messages of a partition from `start` to `end`, some at a time. Raises Unavailable."""
        where = TopicPartition(self._log.topic, partition)
        with kafka_errors(self._log.bootstrap):
            for first in range(start, end, FORWARD_WINDOW):
                if found := self._range(where, first, min(end, first + FORWARD_WINDOW)):
                    yield found

    def message_at(self, partition: int, offset: int) -> Message | None:
        """The message at an offset, None where the log has none there. Raises Unavailable."""
        first, end = self.bounds(partition)
        if not first <= offset < end:
            return None
        with kafka_errors(self._log.bootstrap):
            found = self._range(TopicPartition(self._log.topic, partition), offset, offset + 1)
        return found[0] if found else None

    def _range(self, where: TopicPartition, start: int, end: int) -> list[Message]:
        self._consumer.assign([where])
        self._consumer.seek(where, start)
        messages: list[Message] = []
        heard = time.monotonic()
        while (self._consumer.position(where, timeout_ms=POSITION_MS) or 0) < end:
            beat()
            polled = self._consumer.poll(timeout_ms=1_000)
            for found in polled.values():
                messages.extend(message for message in found if message.offset < end)
            if polled:
                heard = time.monotonic()
            else:
                self._require_broker(heard)
        return messages

    def _require_broker(self, heard: float) -> None:
        """Raises Unavailable where the broker is gone, or silent since `heard`: the client would wait for ever."""
        require_reachable(self._log.bootstrap)
        if time.monotonic() - heard > LONGEST_SILENCE:
            raise Unavailable(f"Kafka at {self._log.bootstrap} gave nothing for {LONGEST_SILENCE:.0f} s")


def _bounds(consumer: KafkaConsumer, where: TopicPartition) -> tuple[int, int]:
    return consumer.beginning_offsets([where])[where], consumer.end_offsets([where])[where]


@contextmanager
def browse(log_: Log) -> Iterator[LogBrowser]:
    """Look into a log. Raises Unavailable."""
    require_reachable(log_.bootstrap)
    with kafka_errors(log_.bootstrap):
        consumer = KafkaConsumer(**client_settings(log_.brokers), **NO_NEW_TOPICS, enable_auto_commit=False)
    try:
        yield LogBrowser(log_, consumer)
    finally:
        consumer.close()
