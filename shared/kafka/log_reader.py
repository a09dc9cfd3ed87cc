"""Reads exact ranges of the log, without a group."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Unavailable
from shared.kafka.clients.calls import ANSWER_SECONDS, RangeClient
from shared.kafka.clients.choice import range_client
from shared.kafka.connection import Log, require_reachable
from shared.kafka.message import Message
from shared.observability.heartbeat import beat

POLL_SECONDS = 1.0
TAIL_WINDOW = 100
FORWARD_WINDOW = 10_000


class LogReader:
    """Reads a log without joining a group or committing offsets."""

    def __init__(self, log_: Log, client: RangeClient) -> None:
        self._log, self._client = log_, client

    def ends(self) -> dict[int, int]:
        """The offset after the last message, by partition. Raises Unavailable."""
        return self._client.ends()

    def backwards(self, partition: int) -> Iterator[Message]:
        """The messages of a partition from last to first, fetched in growing windows. Raises Unavailable."""
        first, end = self.bounds(partition)
        window = TAIL_WINDOW
        while end > first:
            start = max(first, end - window)
            yield from reversed(self._range(partition, start, end))
            end, window = start, window * 4

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""
        return self._client.bounds(partition)

    def forwards(self, partition: int, start: int, end: int) -> Iterator[list[Message]]:
        """The messages of a partition from `start` to below `end`, in batches. Raises Unavailable."""
        for first in range(start, end, FORWARD_WINDOW):
            if found := self._range(partition, first, min(end, first + FORWARD_WINDOW)):
                yield found

    def message_at(self, partition: int, offset: int) -> Message | None:
        """The message at an offset, None if the log has none there. Raises Unavailable."""
        first, end = self.bounds(partition)
        if not first <= offset < end:
            return None
        found = self._range(partition, offset, offset + 1)
        return found[0] if found else None

    def _range(self, partition: int, start: int, end: int) -> list[Message]:
        self._client.start(partition, start, end)
        messages: list[Message] = []
        received_at = time.monotonic()
        while not self._client.is_read():
            beat()
            if found := self._client.poll(POLL_SECONDS):
                messages += found
                received_at = time.monotonic()
            else:
                self._require_broker(received_at)
        return messages

    def _require_broker(self, received_at: float) -> None:
        """Raise Unavailable if the broker is down, or silent since `received_at`: the client would wait forever."""
        require_reachable(self._log.bootstrap)
        if time.monotonic() - received_at > ANSWER_SECONDS:
            raise Unavailable(f"Kafka at {self._log.bootstrap} sent nothing for {ANSWER_SECONDS:.0f} s")


@contextmanager
def open_log(log_: Log) -> Iterator[LogReader]:
    """Open a reader of a log. Raises Unavailable."""
    require_reachable(log_.bootstrap)
    client = range_client(log_)
    try:
        yield LogReader(log_, client)
    finally:
        client.close()
