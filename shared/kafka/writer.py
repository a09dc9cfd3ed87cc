"""Writes to the log."""

import time
from collections import deque

from shared.errors import Unavailable
from shared.kafka.clients.calls import Receipt
from shared.kafka.clients.choice import writer_client
from shared.kafka.connection import Log
from shared.kafka.message import Headers


class LogWriter:
    """Idempotent writer to one topic, acknowledged by all replicas; counts acknowledged messages, not calls."""

    def __init__(self, log: Log) -> None:
        self._bootstrap = log.bootstrap
        self._marks: deque[tuple[int, Receipt, float]] = deque()
        self.sent = self.acknowledged = 0
        self._marked = 0
        self._client = writer_client(log)

    def send(
        self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None = None
    ) -> None:
        """Queue one message; it is sent when its batch is full or its linger time has passed. Raises Unavailable."""
        self._client.send(partition, key, value, headers)
        self.sent += 1

    def append(self, partition: int, key: bytes, value: bytes, seconds: float) -> int:
        """Write one message and wait at most `seconds` for acknowledgement; returns its offset. Raises Unavailable."""
        self.send(partition, key, value)
        if not self.flush(seconds):
            raise Unavailable(
                f"Kafka at {self._bootstrap} did not acknowledge a message within {seconds:.0f} s"
            )
        return self._client.last_offset(partition)

    def first_offsets(self) -> dict[int, int]:
        """The offset of the first message to each partition, if it is acknowledged."""
        return self._client.first_offsets()

    def mark(self) -> None:
        """Mark the messages sent so far, to track their acknowledgement."""
        if self.sent > self._marked:
            self._marks.append((self.sent, self._client.receipt(), time.monotonic()))
            self._marked = self.sent

    def outstanding(self) -> int:
        """The number of marks not yet acknowledged. Raises as `settle` does."""
        while self._marks and self._marks[0][1].is_done():
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
        sent, receipt, _ = self._marks[0]
        if not receipt.wait(seconds):
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
        self._client.close()
