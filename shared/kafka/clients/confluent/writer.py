"""A writer with confluent-kafka."""

import logging
import time
from collections import defaultdict

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from shared.errors import Unavailable
from shared.kafka.clients.calls import BATCH_BYTES, LINGER_MS
from shared.kafka.clients.confluent.settings import (
    CONNECT_SECONDS,
    confluent_errors,
    confluent_settings,
    require_known,
    unavailable,
)
from shared.kafka.connection import DEAD_LETTER_BYTES, Log
from shared.kafka.message import Headers

QUEUED_KILOBYTES = 64 * 1024
SERVE_SECONDS = 0.2
"""The client reacts to no signal while it waits."""
CLOSE_SECONDS = 1.0

log = logging.getLogger("tickstream.kafka")


class _Counts:
    """See `Receipt`: so many messages of each partition."""

    def __init__(self, writer: "ConfluentWriter", counts: dict[int, int]) -> None:
        self._writer, self._counts = writer, counts

    def is_done(self) -> bool:
        """See `Receipt`."""
        self._writer.serve(0)
        return self._writer.has_settled(self._counts)

    def wait(self, seconds: float) -> bool:
        """See `Receipt`."""
        until = time.monotonic() + seconds
        while not self.is_done():
            if (left := until - time.monotonic()) <= 0:
                return False
            self._writer.serve(min(left, SERVE_SECONDS))
        self._writer.require_accepted()
        return True


class ConfluentWriter:
    """See `WriterClient`. Acknowledgements are counted by partition when the client is polled, in its own thread."""

    def __init__(self, log_: Log) -> None:
        self._bootstrap, self._topic = log_.bootstrap, log_.topic
        self._sent = defaultdict[int, int](int)
        self._acknowledged = defaultdict[int, int](int)
        self._first: dict[int, int] = {}
        self._last: dict[int, Message] = {}
        self._rejected: KafkaError | None = None
        with confluent_errors(self._bootstrap):
            self._producer: Producer | None = Producer(
                {
                    **confluent_settings(log_.brokers),
                    "enable.idempotence": True,
                    # After a message that was refused, none is sent: the next run would not miss it.
                    "enable.gapless.guarantee": True,
                    "acks": "all",
                    "linger.ms": LINGER_MS,
                    "batch.size": BATCH_BYTES,
                    "message.max.bytes": DEAD_LETTER_BYTES,
                    "message.timeout.ms": 0,
                    "queue.buffering.max.kbytes": QUEUED_KILOBYTES,
                    "on_delivery": self._on_delivery,
                }
            )
            require_known(self._producer, log_)

    def _on_delivery(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._rejected = self._rejected or error
            return
        partition = message.partition()
        self._acknowledged[partition] += 1
        self._last[partition] = message
        if partition not in self._first:
            self._first[partition] = message.offset()

    def send(self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None) -> None:
        """See `WriterClient`."""
        try:
            while not self._is_queued(partition, key, value, headers):
                self._make_room()
        except KafkaException as error:
            raise unavailable(self._bootstrap, error.args[0]) from error
        self._sent[partition] += 1

    def _is_queued(
        self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None
    ) -> bool:
        """Queue a message; returns whether the client had room for it."""
        try:
            self._open().produce(self._topic, value, key, partition, headers=headers)
        except BufferError:
            return False
        return True

    def _make_room(self) -> None:
        """Wait for acknowledgements. Raises Unavailable if there are none, or a message was rejected."""
        until, before = time.monotonic() + CONNECT_SECONDS, self._total_acknowledged()
        while self._total_acknowledged() == before:
            if time.monotonic() > until:
                raise Unavailable(f"Kafka at {self._bootstrap} acknowledges no message")
            # It serves errors of the connection too.
            self.serve(SERVE_SECONDS)
            self.require_accepted()

    def _total_acknowledged(self) -> int:
        return sum(self._acknowledged.values())

    def receipt(self) -> _Counts:
        """See `WriterClient`."""
        return _Counts(self, dict(self._sent))

    def has_settled(self, counts: dict[int, int]) -> bool:
        """Whether so many messages of each partition are acknowledged, or any message was rejected."""
        return self._rejected is not None or all(
            self._acknowledged[partition] >= count for partition, count in counts.items()
        )

    def require_accepted(self) -> None:
        """Raise Unavailable if a message was rejected."""
        if self._rejected is not None:
            raise unavailable(self._bootstrap, self._rejected)

    def serve(self, seconds: float) -> None:
        """Count the acknowledgements received by now, after waiting at most `seconds` for the first one.

        Raises Unavailable if the client can't send any more.
        """
        with confluent_errors(self._bootstrap):
            self._open().poll(seconds)

    def first_offsets(self) -> dict[int, int]:
        """See `WriterClient`."""
        return dict(self._first)

    def last_offset(self, partition: int) -> int:
        """See `WriterClient`."""
        return int(self._last[partition].offset())

    def close(self) -> None:
        """See `WriterClient`."""
        producer, self._producer = self._producer, None
        if producer is not None:
            self._flush(producer)
            producer.purge()
            self._flush(producer)

    def _open(self) -> Producer:
        """The client's object, also for a thread that writes on while the writer is closed. Raises Unavailable."""
        if self._producer is None:
            raise Unavailable(f"the writer to Kafka at {self._bootstrap} is closed")
        return self._producer

    @staticmethod
    def _flush(producer: Producer) -> None:
        try:
            producer.flush(CLOSE_SECONDS)
        except KafkaException as error:
            log.debug("closing the writer: %s", error)
