"""Writes to the log."""

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
    """Idempotent writer to one topic, acknowledged by all replicas; counts acknowledged messages, not calls.

    The broker acknowledges the batches of a partition in order, so the last message of each partition acknowledges all
    before it.
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
        """Queue one message; it is sent when its batch is full or its linger time has passed. Raises Unavailable."""
        try:
            future = self._last[partition] = self._producer.send(
                self._topic, value=value, key=key, partition=partition, headers=headers
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self._bootstrap}: {error}") from error
        self._first.setdefault(partition, future)
        self.sent += 1

    def append(self, partition: int, key: bytes, value: bytes, seconds: float) -> int:
        """Write one message and wait at most `seconds` for acknowledgement; returns its offset. Raises Unavailable."""
        self.send(partition, key, value)
        future = self._last[partition]
        if not self.flush(seconds):
            raise Unavailable(
                f"Kafka at {self._bootstrap} did not acknowledge a message within {seconds:.0f} s"
            )
        return int(future.value.offset)

    def first_offsets(self) -> dict[int, int]:
        """The offset of the first message to each partition, if it is acknowledged."""
        return {
            partition: int(future.value.offset)
            for partition, future in self._first.items()
            if future.succeeded()
        }

    def mark(self) -> None:
        """Mark the messages sent so far, to track their acknowledgement."""
        if self._last:
            self._marks.append((self.sent, list(self._last.values()), time.monotonic()))
            self._last = {}

    def outstanding(self) -> int:
        """The number of marks not yet acknowledged. Raises as `settle` does."""
        while self._marks and all(future.is_done for future in self._marks[0][1]):
            self.settle(0.0)
        return len(self._marks)

    def waited(self) -> float:
        """Seconds since the oldest unacknowledged mark; 0 if there is none."""
        return time.monotonic() - self._marks[0][2] if self._marks else 0.0

    def settle(self, seconds: float) -> bool:
        """Wait at most `seconds` for the oldest mark; returns whether it is acknowledged.

        Raises Unavailable if the broker rejected a message.
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
        """Wait at most `seconds` until all messages are acknowledged; returns whether so. Raises as `settle`."""
        self.mark()
        until = time.monotonic() + seconds
        while self._marks:
            if not self.settle(max(0.0, until - time.monotonic())):
                return False
        return True

    def close(self) -> None:
        """Close; messages not flushed are dropped after a second."""
        try:
            self._producer.close(timeout=1)
        except (KafkaError, OSError) as error:
            log.debug("closing the writer: %s", error)
            # The client's thread keeps running then, and would send outdated messages later.
            self._producer._sender.force_close()
