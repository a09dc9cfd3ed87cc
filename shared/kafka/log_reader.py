"""Reads exact ranges of the log, without a group. Always with kafka-python, because it reads little."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaConsumer, TopicPartition

from shared.errors import Unavailable
from shared.kafka.connection import (
    NO_NEW_TOPICS,
    Log,
    client_settings,
    kafka_errors,
    require_reachable,
)
from shared.kafka.message import Message
from shared.observability.heartbeat import beat

POSITION_MS = 1_000
TAIL_WINDOW = 100
FORWARD_WINDOW = 10_000
MAX_SILENCE = 30.0
"""Seconds to wait for a broker that accepts connections but sends nothing."""


class LogReader:
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
def open_log(log_: Log) -> Iterator[LogReader]:
    """Open a reader of a log. Raises Unavailable."""
    require_reachable(log_.bootstrap)
    with kafka_errors(log_.bootstrap):
        consumer = KafkaConsumer(**client_settings(log_.brokers), **NO_NEW_TOPICS, enable_auto_commit=False)
    try:
        yield LogReader(log_, consumer)
    finally:
        consumer.close()
