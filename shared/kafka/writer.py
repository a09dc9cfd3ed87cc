"""Writing to the log."""

import logging
import time
from collections import deque
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from shared.errors import Unavailable
from shared.kafka.connection import (
    CONNECT_TIMEOUT_MS,
    DEAD_LETTER_BYTES,
    NO_NEW_TOPICS,
    Log,
    client_settings,
    kafka_errors,
)

BATCH_BYTES = 256 * 1024
FOR_EVER_MS = 2**31 - 1
LINGER_MS = 5

Headers = list[tuple[str, bytes]]

log = logging.getLogger("tickstream.kafka")


class LogWriter:
    """Writes to one topic, idempotent and acknowledged by every replica; counts by acknowledgement, not by call.

    The broker acknowledges the batches of a partition in order, so a mark of the last message of each partition
    speaks for all before it.
    """

    def __init__(self, log_: Log) -> None:
        self._bootstrap, self._topic = log_.bootstrap, log_.topic
        self._first: dict[int, Any] = {}
        self._last: dict[int, Any] = {}
        self._marks: deque[tuple[int, list[Any], float]] = deque()
        self.sent = self.acknowledged = 0
        with kafka_errors(self._bootstrap):
            self._producer = KafkaProducer(
                **client_settings(log_.brokers),
                **NO_NEW_TOPICS,
                acks="all",
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=DEAD_LETTER_BYTES,
                delivery_timeout_ms=FOR_EVER_MS,
                max_block_ms=CONNECT_TIMEOUT_MS,
            )

    def send(
        self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None = None
    ) -> None:
        """Hand one message over; it goes out when its batch is full or has lingered. Raises Unavailable."""
        try:
            future = self._last[partition] = self._producer.send(
                self._topic, value=value, key=key, partition=partition, headers=headers
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error
        self._first.setdefault(partition, future)
        self.sent += 1

    def append(self, partition: int, key: bytes, value: bytes, seconds: float) -> int:
        """Write one message and wait for it, at most so long: its offset. Raises Unavailable."""
        self.send(partition, key, value)
        future = self._last[partition]
        if not self.flush(seconds):
            raise Unavailable(f"Kafka at {self._bootstrap} did not take a message within {seconds:.0f} s")
        return int(future.value.offset)

    def first_offsets(self) -> dict[int, int]:
        """Where the first message to each partition came to lie, as far as it is acknowledged."""
        return {
            partition: int(future.value.offset)
            for partition, future in self._first.items()
            if future.succeeded()
        }

    def mark(self) -> None:
        """Remember what is sent by now, to be told when it is acknowledged."""
        if self._last:
            self._marks.append((self.sent, list(self._last.values()), time.monotonic()))
            self._last = {}

    def outstanding(self) -> int:
        """How many marks are not acknowledged by now. Raises as `settle` does."""
        while self._marks and all(future.is_done for future in self._marks[0][1]):
            self.settle(0.0)
        return len(self._marks)

    def waited(self) -> float:
        """Seconds since the oldest mark that is not acknowledged; 0 where all are."""
        return time.monotonic() - self._marks[0][2] if self._marks else 0.0

    def settle(self, seconds: float) -> bool:
        """Wait for the oldest mark, at most so long; whether it is acknowledged.

        Raises Unavailable where the broker refused for good.
        """
        if not self._marks:
            return True
        sent, futures, _ = self._marks[0]
        until = time.monotonic() + seconds
        with kafka_errors(self._bootstrap):
            try:
                for future in futures:
                    future.get(timeout=max(0.0, until - time.monotonic()))
            except KafkaTimeoutError:
                return False
        self._marks.popleft()
        self.acknowledged = sent
        return True

    def flush(self, seconds: float) -> bool:
        """Wait until everything sent is acknowledged, at most so long; whether it is. Raises as `settle` does."""
        self.mark()
        until = time.monotonic() + seconds
        while self._marks:
            if not self.settle(max(0.0, until - time.monotonic())):
                return False
        return True

    def close(self) -> None:
        """Close; what was not flushed is given up after a second."""
        try:
            self._producer.close(timeout=1)
        except (KafkaError, OSError) as error:
            log.debug("closing the writer: %s", error)
            # The client leaves its thread at work then: it would send later what nobody wants any more.
            self._producer._sender.force_close()
