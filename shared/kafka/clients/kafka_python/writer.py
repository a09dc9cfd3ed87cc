"""A writer with kafka-python."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError

from shared.errors import Unavailable
from shared.kafka.clients.calls import BATCH_BYTES, FOR_EVER_MS, LINGER_MS
from shared.kafka.clients.kafka_python.settings import NO_NEW_TOPICS, client_settings, kafka_errors
from shared.kafka.connection import CONNECT_TIMEOUT_MS, DEAD_LETTER_BYTES, Log
from shared.kafka.message import Headers

log = logging.getLogger("tickstream.kafka")


class _Futures:
    """See `Receipt`: the last message of each partition acknowledges all before it, unless any was rejected."""

    def __init__(self, writer: "PythonWriter", futures: Sequence[Any]) -> None:
        self._writer, self._futures = writer, futures

    def is_done(self) -> bool:
        """See `Receipt`."""
        return all(future.is_done for future in self._futures)

    def wait(self, seconds: float) -> bool:
        """See `Receipt`."""
        until = time.monotonic() + seconds
        with kafka_errors(self._writer.bootstrap):
            try:
                for future in self._futures:
                    future.get(timeout=max(0.0, until - time.monotonic()))
            except KafkaTimeoutError:
                return False
        self._writer.require_accepted()
        return True


class PythonWriter:
    """See `WriterClient`."""

    def __init__(self, log_: Log) -> None:
        self.bootstrap, self._topic = log_.bootstrap, log_.topic
        self._first: dict[int, Any] = {}
        self._last: dict[int, Any] = {}
        self._rejected: Exception | None = None
        with kafka_errors(self.bootstrap):
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

    def send(self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None) -> None:
        """See `WriterClient`."""
        self.require_accepted()
        try:
            future = self._last[partition] = self._producer.send(
                self._topic, value=value, key=key, partition=partition, headers=headers
            )
        except KafkaError as error:
            raise Unavailable(f"Kafka at {self.bootstrap}: {error}") from error
        future.add_errback(self._reject)
        self._first.setdefault(partition, future)

    def _reject(self, error: Exception) -> None:
        """Send nothing after a message that was rejected: the next run would not miss it. In the client's thread."""
        self._rejected = self._rejected or error
        self._producer._sender.force_close()

    def require_accepted(self) -> None:
        """Raise Unavailable if a message was rejected."""
        if self._rejected is not None:
            raise Unavailable(f"Kafka at {self.bootstrap}: {self._rejected}")

    def receipt(self) -> _Futures:
        """See `WriterClient`."""
        return _Futures(self, list(self._last.values()))

    def first_offsets(self) -> dict[int, int]:
        """See `WriterClient`."""
        return {
            partition: int(future.value.offset)
            for partition, future in self._first.items()
            if future.succeeded()
        }

    def last_offset(self, partition: int) -> int:
        """See `WriterClient`."""
        return int(self._last[partition].value.offset)

    def close(self) -> None:
        """See `WriterClient`."""
        try:
            self._producer.close(timeout=1)
        except (KafkaError, OSError) as error:
            log.debug("closing the writer: %s", error)
            # The client's thread keeps running then, and would send outdated messages later.
            self._producer._sender.force_close()
