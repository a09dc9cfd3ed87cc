"""Reads the log: as a member of a consumer group, or as a browser without a group."""

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

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
from shared.kafka.fetch_pace import USUAL, FetchPace, Gathering
from shared.observability.heartbeat import beat

SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 3_600_000
"""A first start may run thousands of model searches between two polls, some tenths of a second each. A failed part is
detected earlier by Kafka's heartbeats, a hanging one by the supervisor."""
JOIN_SECONDS = 20.0
IDLE_MS = 20
"""Without a pending fetch the client sleeps its retry backoff, by default 100 ms, before it checks again."""
FETCH_BYTES = 4 * 1024 * 1024
POSITION_MS = 1_000
TYPICAL_BYTES = 250
"""Typical size of a message in the log."""
TAIL_WINDOW = 100
FORWARD_WINDOW = 10_000
MAX_SILENCE = 30.0
"""Seconds that a browser waits for a broker that accepts connections but sends nothing."""

log = logging.getLogger("tickstream.kafka")


class Message(Protocol):
    """A message of the log. `timestamp` is when the broker appended it, in epoch milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Records assigned and revoked partitions; the loop handles them between two polls.

    `outside_since` is when this member began to rejoin its group, None while it is a member.
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
        """Whether joining the group takes longer than any rebalance should."""
        return self.outside_since is not None and time.monotonic() - self.outside_since > JOIN_SECONDS


class GroupReader:
    """One member of a consumer group. `instance` lets it keep its partitions after a restart (static membership)."""

    def __init__(self, log_: Log, group: str, instance: str, gathering: Gathering = USUAL) -> None:
        self._bootstrap, self._topic = log_.bootstrap, log_.topic
        self._assignments = _Assignments()
        self._pace = FetchPace(gathering, time.monotonic())
        with kafka_errors(self._bootstrap):
            self._consumer = KafkaConsumer(
                **client_settings(log_.brokers),
                **NO_NEW_TOPICS,
                group_id=group,
                group_instance_id=instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                **_waits(gathering),
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
            # A member must know the topic before it joins. A leader that does not know it assigns no partitions, and
            # if it is killed then, every restart of it gets that empty assignment again. A leader that receives the
            # metadata later joins a second time, which may never end: the client forgets a join triggered by metadata
            # if a poll ends before the join does.
            self._consumer.beginning_offsets([TopicPartition(self._topic, 0)], CONNECT_TIMEOUT_MS)

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """Messages by partition; empty if none arrived in time.

        Raises Unavailable, or PartitionLost if another process joined the group as this instance.
        """
        try:
            found = self._consumer.poll(timeout_ms=timeout_ms, max_records=max_records)
        except FencedInstanceIdError as error:
            raise PartitionLost("another process joined the group as this instance") from error
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error
        if self._assignments.takes_too_long:
            raise Unavailable(f"Joining the Kafka group took longer than {JOIN_SECONDS:.0f} s")
        self._gather(self._pace.after(sum(map(len, found.values())), time.monotonic()))
        return {where.partition: messages for where, messages in found.items()}

    def _gather(self, gathering: Gathering) -> None:
        """Set the waits of the fetches sent from now on: the client reads them at each one, but has no call for it."""
        self._consumer._fetcher.config.update(_waits(gathering))

    def take_changes(self) -> tuple[set[int], set[int]]:
        """Partitions assigned and revoked since the last call."""
        gained, lost = self._assignments.gained, self._assignments.lost
        self._assignments.gained, self._assignments.lost = set(), set()
        return gained, lost

    def seek(self, partition: int, offset: int) -> None:
        """Read the partition from `offset` on."""
        self._consumer.seek(TopicPartition(self._topic, partition), offset)

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""
        with kafka_errors(self._bootstrap):
            return _bounds(self._consumer, TopicPartition(self._topic, partition))

    def lag(self) -> int:
        """The number of messages not yet read, as of the broker's last responses. Raises Unavailable."""
        waiting = 0
        with kafka_errors(self._bootstrap):
            for where in self._consumer.assignment():
                end = self._consumer.highwater(where)
                position = self._consumer.position(where, timeout_ms=POSITION_MS)
                if end is not None and position is not None:
                    waiting += max(0, end - position)
        return waiting

    def report(self, offsets: Mapping[int, int]) -> None:
        """Report the offsets to Kafka too, for standard lag tools only."""
        positions = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        try:
            self._consumer.commit_async(positions)
        except (CommitFailedError, IllegalStateError) as error:
            log.debug("offsets not reported: %s", error)

    def close(self) -> None:
        """Leave the group."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=1_000)
        except (KafkaError, OSError) as error:
            log.debug("closing the reader: %s", error)


def _waits(gathering: Gathering) -> dict[str, int]:
    return {
        "fetch_min_bytes": max(1, gathering.messages * TYPICAL_BYTES),
        "fetch_max_wait_ms": gathering.milliseconds,
    }


class LogBrowser:
    """Reads a log without joining a group or committing offsets."""

    def __init__(self, log_: Log, consumer: KafkaConsumer) -> None:
        self._log, self._consumer = log_, consumer

    def ends(self) -> dict[int, int]:
        """The offset after the last message, by partition. Raises Unavailable."""
        wanted = [TopicPartition(self._log.topic, partition) for partition in range(self._log.partitions)]
        with kafka_errors(self._log.bootstrap):
            return {where.partition: end for where, end in self._consumer.end_offsets(wanted).items()}

    def backwards(self, partition: int) -> Iterator[Message]:
        """The messages of a partition from last to first, fetched in growing windows. Raises Unavailable."""
        where = TopicPartition(self._log.topic, partition)
        first, end = self.bounds(partition)
        with kafka_errors(self._log.bootstrap):
            window = TAIL_WINDOW
            while end > first:
                start = max(first, end - window)
                yield from reversed(self._range(where, start, end))
                end, window = start, window * 4

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""
        with kafka_errors(self._log.bootstrap):
            return _bounds(self._consumer, TopicPartition(self._log.topic, partition))

    def forwards(self, partition: int, start: int, end: int) -> Iterator[list[Message]]:
        """The messages of a partition from `start` to below `end`, in batches. Raises Unavailable."""
        where = TopicPartition(self._log.topic, partition)
        with kafka_errors(self._log.bootstrap):
            for first in range(start, end, FORWARD_WINDOW):
                if found := self._range(where, first, min(end, first + FORWARD_WINDOW)):
                    yield found

    def message_at(self, partition: int, offset: int) -> Message | None:
        """The message at an offset, None if the log has none there. Raises Unavailable."""
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
        received_at = time.monotonic()
        while (self._consumer.position(where, timeout_ms=POSITION_MS) or 0) < end:
            beat()
            polled = self._consumer.poll(timeout_ms=1_000)
            for found in polled.values():
                messages.extend(message for message in found if message.offset < end)
            if polled:
                received_at = time.monotonic()
            else:
                self._require_broker(received_at)
        return messages

    def _require_broker(self, received_at: float) -> None:
        """Raise Unavailable if the broker is down, or silent since `received_at`: the client would wait forever."""
        require_reachable(self._log.bootstrap)
        if time.monotonic() - received_at > MAX_SILENCE:
            raise Unavailable(f"Kafka at {self._log.bootstrap} sent nothing for {MAX_SILENCE:.0f} s")


def _bounds(consumer: KafkaConsumer, where: TopicPartition) -> tuple[int, int]:
    return consumer.beginning_offsets([where])[where], consumer.end_offsets([where])[where]


@contextmanager
def browse(log_: Log) -> Iterator[LogBrowser]:
    """Open a browser of a log. Raises Unavailable."""
    require_reachable(log_.bootstrap)
    with kafka_errors(log_.bootstrap):
        consumer = KafkaConsumer(**client_settings(log_.brokers), **NO_NEW_TOPICS, enable_auto_commit=False)
    try:
        yield LogBrowser(log_, consumer)
    finally:
        consumer.close()
