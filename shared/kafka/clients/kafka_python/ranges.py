"""Reads exact ranges with kafka-python."""

import sys
from itertools import chain

from kafka import KafkaConsumer, TopicPartition

from shared.kafka.clients.calls import BATCH_BYTES
from shared.kafka.clients.kafka_python.settings import NO_NEW_TOPICS, client_settings, kafka_errors
from shared.kafka.connection import Log
from shared.kafka.message import Message

POSITION_MS = 1_000


class PythonRanges:
    """See `RangeClient`."""

    def __init__(self, log_: Log) -> None:
        self._log = log_
        self._where, self._end = TopicPartition(log_.topic, 0), 0
        with kafka_errors(log_.bootstrap):
            self._consumer = KafkaConsumer(
                **client_settings(log_.brokers),
                **NO_NEW_TOPICS,
                enable_auto_commit=False,
                max_partition_fetch_bytes=BATCH_BYTES,
            )

    def ends(self) -> dict[int, int]:
        """See `RangeClient`."""
        wanted = [TopicPartition(self._log.topic, partition) for partition in range(self._log.partitions)]
        with kafka_errors(self._log.bootstrap):
            return {where.partition: end for where, end in self._consumer.end_offsets(wanted).items()}

    def bounds(self, partition: int) -> tuple[int, int]:
        """See `RangeClient`."""
        where = TopicPartition(self._log.topic, partition)
        with kafka_errors(self._log.bootstrap):
            first = self._consumer.beginning_offsets([where])[where]
            return first, self._consumer.end_offsets([where])[where]

    def start(self, partition: int, start: int, end: int) -> None:
        """See `RangeClient`."""
        self._where, self._end = TopicPartition(self._log.topic, partition), end
        with kafka_errors(self._log.bootstrap):
            self._consumer.assign([self._where])
            self._consumer.seek(self._where, start)

    def poll(self, seconds: float) -> list[Message]:
        """See `RangeClient`."""
        with kafka_errors(self._log.bootstrap):
            # All that was fetched: the rest would be kept, and given for another range that begins where it does.
            found = self._consumer.poll(timeout_ms=round(seconds * 1000), max_records=sys.maxsize)
        return [message for message in chain.from_iterable(found.values()) if message.offset < self._end]

    def is_read(self) -> bool:
        """See `RangeClient`."""
        with kafka_errors(self._log.bootstrap):
            position = self._consumer.position(self._where, timeout_ms=POSITION_MS)
        return (position or 0) >= self._end

    def close(self) -> None:
        """See `RangeClient`."""
        self._consumer.close()
