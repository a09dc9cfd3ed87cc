"""A member of a consumer group with kafka-python."""

import logging
from collections.abc import Mapping

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.errors import (
    CommitFailedError,
    FencedInstanceIdError,
    IllegalStateError,
    KafkaError,
    UnsupportedCodecError,
)
from kafka.structs import OffsetAndMetadata

from shared.errors import PartitionLost, Unavailable
from shared.kafka.clients.calls import (
    FETCH_BYTES,
    MAX_POLL_INTERVAL_MS,
    SESSION_TIMEOUT_MS,
    Member,
    Rebalance,
)
from shared.kafka.clients.kafka_python.settings import (
    NO_NEW_TOPICS,
    client_settings,
    kafka_errors,
    unreadable,
)
from shared.kafka.connection import CONNECT_TIMEOUT_MS
from shared.kafka.fetch_pace import Gathering
from shared.kafka.message import Message

IDLE_MS = 20
"""Without a pending fetch the client sleeps its retry backoff, by default 100 ms, before it checks again."""
TYPICAL_BYTES = 250
"""Typical size of a message in the log."""
POSITION_MS = 1_000

log = logging.getLogger("tickstream.kafka")


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes on the assigned and revoked partitions."""

    def __init__(self, rebalance: Rebalance) -> None:
        self._rebalance = rebalance

    def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        self._rebalance.assigned({partition.partition for partition in assigned})

    def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        self._rebalance.revoked({partition.partition for partition in revoked})


class PythonGroup:
    """See `GroupClient`."""

    def __init__(self, member: Member, rebalance: Rebalance) -> None:
        self._bootstrap, self._topic = member.log.bootstrap, member.log.topic
        with kafka_errors(self._bootstrap):
            self._consumer = KafkaConsumer(
                **client_settings(member.log.brokers),
                **NO_NEW_TOPICS,
                group_id=member.group,
                group_instance_id=member.instance,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=FETCH_BYTES,
                **_waits(member.gathering),
                retry_backoff_ms=IDLE_MS,
                session_timeout_ms=SESSION_TIMEOUT_MS,
                max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            )
        try:
            self._join(_Listener(rebalance))
        except Unavailable:
            self.close()
            raise

    def _join(self, listener: _Listener) -> None:
        with kafka_errors(self._bootstrap):
            self._consumer.subscribe([self._topic], listener=listener)
            # A member must know the topic before it joins. A leader that does not know it assigns no partitions, and
            # if it is killed then, every restart of it gets that empty assignment again. A leader that receives the
            # metadata later joins a second time, which may never end: the client forgets a join triggered by metadata
            # if a poll ends before the join does.
            self._consumer.beginning_offsets([TopicPartition(self._topic, 0)], CONNECT_TIMEOUT_MS)

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """See `GroupClient`."""
        try:
            found = self._consumer.poll(timeout_ms=timeout_ms, max_records=max_records)
        except FencedInstanceIdError as error:
            raise PartitionLost("another process joined the group as this instance") from error
        except UnsupportedCodecError as error:
            raise unreadable(error) from error
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error
        return {where.partition: messages for where, messages in found.items()}

    def gather(self, gathering: Gathering) -> None:
        """See `GroupClient`: the client reads these settings at each fetch, but has no call for it."""
        self._consumer._fetcher.config.update(_waits(gathering))

    def seek(self, partition: int, offset: int) -> None:
        """See `GroupClient`."""
        self._consumer.seek(TopicPartition(self._topic, partition), offset)

    def bounds(self, partition: int) -> tuple[int, int]:
        """See `GroupClient`."""
        where = TopicPartition(self._topic, partition)
        with kafka_errors(self._bootstrap):
            return self._consumer.beginning_offsets([where])[where], self._consumer.end_offsets([where])[
                where
            ]

    def lag(self) -> int:
        """See `GroupClient`."""
        waiting = 0
        with kafka_errors(self._bootstrap):
            for where in self._consumer.assignment():
                end = self._consumer.highwater(where)
                position = self._consumer.position(where, timeout_ms=POSITION_MS)
                if end is not None and position is not None:
                    waiting += max(0, end - position)
        return waiting

    def report(self, offsets: Mapping[int, int]) -> None:
        """See `GroupClient`."""
        positions = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in offsets.items()
        }
        try:
            self._consumer.commit_async(positions)
        except (CommitFailedError, IllegalStateError) as error:
            log.debug("offsets not reported: %s", error)

    def close(self) -> None:
        """See `GroupClient`."""
        try:
            self._consumer.close(autocommit=False, timeout_ms=1_000)
        except (KafkaError, OSError) as error:
            log.debug("closing the reader: %s", error)


def _waits(gathering: Gathering) -> dict[str, int]:
    return {
        "fetch_min_bytes": max(1, gathering.messages * TYPICAL_BYTES),
        "fetch_max_wait_ms": gathering.milliseconds,
    }
