"""The log: the only module that knows the Kafka client, so that it can be changed in one place."""

import logging
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalStateError,
    KafkaError,
    TopicAlreadyExistsError,
)
from kafka.partitioner.default import murmur2
from kafka.structs import OffsetAndMetadata

from shared.errors import ConfigError, PartitionLost, StopPart, Unavailable

DEAD_LETTER_SUFFIX = ".dead-letter"
CONNECT_TIMEOUT_MS = 5_000
SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 300_000
FETCH_BYTES = 4 * 1024 * 1024
BATCH_BYTES = 256 * 1024
DEAD_LETTER_BYTES = 4 * 1024 * 1024
TAIL_WINDOW = 1_000

log = logging.getLogger("tickstream.kafka")


class Message(Protocol):
    """What the log holds at an offset. `timestamp` is when the broker took it, epoch milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class TopicPlan(NamedTuple):
    """A topic as it must be."""

    name: str
    partitions: int


@contextmanager
def _unavailable(bootstrap: str) -> Iterator[None]:
    """Names every client error by what happens next: wait and try again."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {bootstrap}: {type(error).__name__}: {error}") from error


def reachable(bootstrap: str, timeout: float = 1.0) -> bool:
    """Whether one of the brokers takes a connection."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout).close()
        except (OSError, ValueError):
            continue
        return True
    return False


def _connection(bootstrap: str) -> dict[str, Any]:
    """What every client of the log is opened with."""
    return {
        "bootstrap_servers": bootstrap.split(","),
        "bootstrap_timeout_ms": CONNECT_TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1_000,
        "allow_auto_create_topics": False,
    }


@contextmanager
def _admin(bootstrap: str) -> Iterator[KafkaAdminClient]:
    if not reachable(bootstrap):
        raise Unavailable(f"Kafka at {bootstrap} takes no connection")
    with _unavailable(bootstrap):
        admin = KafkaAdminClient(bootstrap_servers=bootstrap.split(","), bootstrap_timeout_ms=CONNECT_TIMEOUT_MS)
        try:
            yield admin
        finally:
            admin.close()


def make_topics(bootstrap: str, topic: str, partitions: int) -> None:
    """Make the topic and that of its dead letters where they are missing. Time stamps are the broker's own.

    Raises Unavailable where Kafka can't be reached, ConfigError where the topic has other partitions.
    """
    own = {"message.timestamp.type": "LogAppendTime", "retention.ms": "-1"}
    dead = {**own, "max.message.bytes": str(DEAD_LETTER_BYTES)}
    plans = [
        NewTopic(topic, num_partitions=partitions, replication_factor=-1, topic_configs=own),
        NewTopic(
            topic + DEAD_LETTER_SUFFIX, num_partitions=partitions, replication_factor=-1, topic_configs=dead
        ),
    ]
    with _admin(bootstrap) as admin:
        present = set(admin.list_topics())
        missing = [plan for plan in plans if plan.name not in present]
        if missing:
            try:
                admin.create_topics(missing)
            except TopicAlreadyExistsError:
                log.debug("another part made the topics first")
            admin.wait_for_topics([plan.name for plan in missing])
    found = partitions_of(bootstrap, topic)
    if found != partitions:
        raise ConfigError(
            f"Topic {topic} has {found} partitions, KAFKA_PARTITIONS is {partitions}: "
            f"set KAFKA_PARTITIONS={found}, or choose another KAFKA_TOPIC."
        )


def partitions_of(bootstrap: str, topic: str) -> int:
    """How many partitions the topic has. Raises StopPart where there is no such topic."""
    with _admin(bootstrap) as admin:
        if topic not in set(admin.list_topics()):
            raise StopPart(
                f"Kafka at {bootstrap} has no topic {topic}. Start the producer first: it makes its topics."
            )
        return len(admin.describe_topics([topic])[0]["partitions"])


def cluster_id(bootstrap: str) -> str:
    """The name that the Kafka cluster gave itself."""
    with _admin(bootstrap) as admin:
        return str(admin.describe_cluster()["cluster_id"])


def partition_of(key: bytes, partitions: int) -> int:
    """Where a key belongs: Kafka's own murmur2 rule, so that other tools agree."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes what a rebalance gave and took; the loop acts on it between two polls."""

    def __init__(self) -> None:
        self.gained: set[int] = set()
        self.lost: set[int] = set()

    def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        self.gained |= {partition.partition for partition in assigned}

    def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self.lost |= {partition.partition for partition in revoked}
        self.gained -= self.lost


class GroupReader:
    """One member of a consuming group. `instance` keeps its partitions through a restart (static membership)."""

    def __init__(self, bootstrap: str, topic: str, group: str, instance: str, offset_reset: str) -> None:
        self._bootstrap, self._topic = bootstrap, topic
        self._assignments = _Assignments()
        with _unavailable(bootstrap):
            self._consumer = KafkaConsumer(
                **_connection(bootstrap),
                group_id=group,
                group_instance_id=instance,
                enable_auto_commit=False,
                auto_offset_reset=offset_reset,
                max_partition_fetch_bytes=FETCH_BYTES,
                fetch_max_wait_ms=250,
                session_timeout_ms=SESSION_TIMEOUT_MS,
                max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            )
            self._consumer.subscribe([topic], listener=self._assignments)

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
        """First offset that the log still has, and the one after its last."""
        where = TopicPartition(self._topic, partition)
        with _unavailable(self._bootstrap):
            first = self._consumer.beginning_offsets([where])[where]
            return first, self._consumer.end_offsets([where])[where]

    def lag(self) -> int:
        """How many messages wait, as far as the last answers of the broker say."""
        waiting = 0
        for where in self._consumer.assignment():
            end = self._consumer.highwater(where)
            if end is not None:
                waiting += max(0, end - self._consumer.position(where))
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


class LogWriter:
    """Writes to one topic, idempotent, acknowledged by every replica; counts by acknowledgement, not by call."""

    def __init__(self, bootstrap: str, topic: str, linger_ms: int = 5) -> None:
        self._bootstrap, self._topic = bootstrap, topic
        self._pending: dict[int, Any] = {}
        self._first: dict[int, int] = {}
        self.acknowledged: dict[int, int] = {}
        with _unavailable(bootstrap):
            self._producer = KafkaProducer(
                **_connection(bootstrap),
                acks="all",
                linger_ms=linger_ms,
                batch_size=BATCH_BYTES,
                max_request_size=DEAD_LETTER_BYTES,
                delivery_timeout_ms=2**31 - 1,
                max_block_ms=2**31 - 1,
            )

    def send(
        self, partition: int, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]] | None = None
    ) -> None:
        """Hand one message over; it is sent when its batch is full or has lingered."""
        self._pending[partition] = self._producer.send(
            self._topic, value=value, key=key, partition=partition, headers=headers
        )

    def flush(self) -> dict[int, int]:
        """Wait until the broker has acknowledged everything: the last offset acknowledged, by partition.

        Batches of a partition are acknowledged in order, so the last one speaks for all before it.
        Raises Unavailable where the broker refused.
        """
        with _unavailable(self._bootstrap):
            self._producer.flush()
            for partition, future in self._pending.items():
                self.acknowledged[partition] = future.get(timeout=60).offset
        self._pending.clear()
        return self.acknowledged

    def close(self) -> None:
        """Close after a flush; what was not flushed is given up after a second."""
        try:
            self._producer.close(timeout=1)
        except (KafkaError, OSError) as error:
            log.debug("closing the writer: %s", error)


def end_offsets(bootstrap: str, topic: str) -> dict[int, int]:
    """The offset after the last message, by partition."""
    partitions = [TopicPartition(topic, p) for p in range(partitions_of(bootstrap, topic))]
    with _unavailable(bootstrap):
        consumer = KafkaConsumer(**_connection(bootstrap), enable_auto_commit=False)
        try:
            return {where.partition: end for where, end in consumer.end_offsets(partitions).items()}
        finally:
            consumer.close()


def read_backwards(bootstrap: str, topic: str, partition: int) -> Iterator[Message]:
    """The messages of a partition from the last to the first, fetched in growing windows."""
    where = TopicPartition(topic, partition)
    with _unavailable(bootstrap):
        consumer = KafkaConsumer(**_connection(bootstrap), enable_auto_commit=False, group_id=None)
        try:
            consumer.assign([where])
            first, end = consumer.beginning_offsets([where])[where], consumer.end_offsets([where])[where]
            window = TAIL_WINDOW
            while end > first:
                start = max(first, end - window)
                yield from reversed(_read_range(consumer, where, start, end))
                end, window = start, window * 4
        finally:
            consumer.close()


def _read_range(consumer: KafkaConsumer, where: TopicPartition, start: int, end: int) -> list[Message]:
    consumer.seek(where, start)
    messages: list[Message] = []
    while consumer.position(where) < end:
        for found in consumer.poll(timeout_ms=1_000).values():
            messages.extend(message for message in found if message.offset < end)
    return messages
