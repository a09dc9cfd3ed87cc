"""Reads exact ranges with confluent-kafka."""

import logging

from confluent_kafka import OFFSET_END, Consumer, KafkaError, TopicPartition
from confluent_kafka import Message as Received

from shared.errors import Unavailable
from shared.kafka.clients.calls import BATCH_BYTES
from shared.kafka.clients.confluent.message import Fetched
from shared.kafka.clients.confluent.settings import (
    CONNECT_SECONDS,
    Setting,
    confluent_errors,
    consumer_settings,
    free,
    passes,
    require_known,
    unavailable,
)
from shared.kafka.connection import Log
from shared.kafka.message import Message

GROUP = "tickstream-ranges"
"""The client does not work without a group's name. It joins none, as it neither subscribes nor commits."""
MOST_MESSAGES = 10_000
"""Most that are taken from the client at once."""
END_MS = 10
"""How long the broker waits for messages after the last one: the next question waits for that answer."""

log = logging.getLogger("tickstream.kafka")


class ConfluentRanges:
    """See `RangeClient`. The partition is assigned only while a range is read; without one nothing is fetched."""

    def __init__(self, log_: Log) -> None:
        self._bootstrap, self._topic, self._partitions = log_.bootstrap, log_.topic, log_.partitions
        self._position = self._end = 0
        with confluent_errors(self._bootstrap):
            self._consumer = Consumer(_settings(log_))
        try:
            require_known(self._consumer, log_)
        except Unavailable:
            self.close()
            raise

    def ends(self) -> dict[int, int]:
        """See `RangeClient`."""
        wanted = [TopicPartition(self._topic, partition, OFFSET_END) for partition in range(self._partitions)]
        with confluent_errors(self._bootstrap):
            found = self._consumer.offsets_for_times(wanted, timeout=CONNECT_SECONDS)
        for each in found:
            if each.error is not None:
                raise unavailable(self._bootstrap, each.error)
        return {each.partition: each.offset for each in found}

    def bounds(self, partition: int) -> tuple[int, int]:
        """See `RangeClient`."""
        where = TopicPartition(self._topic, partition)
        with confluent_errors(self._bootstrap):
            first, end = self._consumer.get_watermark_offsets(where, timeout=CONNECT_SECONDS)
        return first, end

    def start(self, partition: int, start: int, end: int) -> None:
        """See `RangeClient`."""
        self._position, self._end = start, end
        with confluent_errors(self._bootstrap):
            self._consumer.assign([TopicPartition(self._topic, partition, start)])

    def poll(self, seconds: float) -> list[Message]:
        """See `RangeClient`."""
        with confluent_errors(self._bootstrap):
            received = self._consumer.consume(1, seconds)
            if received:
                # With a timeout the client would wait until so many are there.
                received += self._consumer.consume(min(self._end - self._position, MOST_MESSAGES), 0)
            found = [message for each in received for message in self._taken(each)]
            if self.is_read():
                self._consumer.unassign()
        return found

    def _taken(self, received: Received) -> list[Message]:
        """The message, if it belongs to the range. One after it, or the end of the log, ends a range that has no
        message at its last offsets."""
        error, offset = received.error(), received.offset()
        if error is None:
            self._position = offset + 1
            message = Fetched(
                offset, received.timestamp()[1], received.key(), received.value(), received.headers() or []
            )
            return [message] if offset < self._end else []
        if error.code() == KafkaError._PARTITION_EOF:
            self._position = offset
        elif error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED or passes(error):
            log.debug("the Kafka client goes on after: %s", error)
        else:
            raise unavailable(self._bootstrap, error)
        return []

    def is_read(self) -> bool:
        """See `RangeClient`."""
        return self._position >= self._end

    def close(self) -> None:
        """See `RangeClient`."""
        clients: list[object] = [self._consumer]
        del self._consumer
        free(clients)


def _settings(log_: Log) -> dict[str, Setting]:
    return {
        **consumer_settings(log_.brokers),
        "group.id": GROUP,
        "enable.partition.eof": True,
        "auto.offset.reset": "latest",
        # The broker sends whole batches; most ranges are a single message.
        "fetch.message.max.bytes": BATCH_BYTES,
        "fetch.wait.max.ms": END_MS,
    }
