"""The settings of all clients of confluent-kafka, and their errors."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ClusterMetadata

from shared.errors import Unavailable
from shared.kafka.connection import CONNECT_TIMEOUT_MS, SCRAM, Log
from shared.settings.brokers import Brokers

Setting = str | int | bool | object
CONNECT_SECONDS = CONNECT_TIMEOUT_MS / 1000
CLOSE_SECONDS = 1.0
QUEUED_MESSAGES = 10
"""A consumer requests more of a partition while fewer than this are queued: under load as much as came meanwhile, in
few requests. With 1 it requests only the partitions whose queue is empty, and that request blocks the others until a
message comes in one of these."""
FULL_QUEUE_MS = 5
"""How soon a consumer looks again whether a full queue has been polled, by default after a second."""
SILENT, ALL = 0, 6
"""Levels of the client's log, in syslog's order."""
PASSING = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError._RESOLVE,
    KafkaError._TIMED_OUT,
    KafkaError._MAX_POLL_EXCEEDED,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
}
"""A consumer goes on by itself. Whether broker and topic are still there is checked while no message comes."""

log = logging.getLogger("tickstream.kafka")


class _ClientLog:
    """Receives the lines of the client's log, among them one for every attempt to reach a broker: for debugging."""

    def log(self, _level: int, text: str, *values: object) -> None:
        """Write one line."""
        log.debug(text, *values)


def confluent_settings(brokers: Brokers, mechanism: str = SCRAM) -> dict[str, Setting]:
    """The settings of all clients, which log in with this SASL mechanism.

    Metrics about this program are sent to no broker.
    """
    login = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": mechanism,
        "sasl.username": brokers.user,
        "sasl.password": brokers.password,
    }
    return {
        **(login if brokers.user else {}),
        "bootstrap.servers": brokers.bootstrap,
        "reconnect.backoff.max.ms": 1_000,
        "socket.nagle.disable": True,
        "allow.auto.create.topics": False,
        "enable.metrics.push": False,
        "logger": _ClientLog(),
        "log_level": ALL if log.isEnabledFor(logging.DEBUG) else SILENT,
    }


def consumer_settings(brokers: Brokers) -> dict[str, Setting]:
    """The settings of all consumers: nothing is committed by itself, and every message is read and checked."""
    return {
        **confluent_settings(brokers),
        "group.protocol": "classic",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "isolation.level": "read_uncommitted",
        "check.crcs": True,
        "fetch.min.bytes": 1,
        "queued.min.messages": QUEUED_MESSAGES,
        "fetch.queue.backoff.ms": FULL_QUEUE_MS,
    }


@contextmanager
def confluent_errors(bootstrap: str) -> Iterator[None]:
    """Turn all client errors into Unavailable."""
    try:
        yield
    except KafkaException as error:
        raise unavailable(bootstrap, error.args[0]) from error


def unavailable(bootstrap: str, error: KafkaError) -> Unavailable:
    """The error of the client as one of ours."""
    return Unavailable(f"Kafka at {bootstrap}: {error.name()}: {error.str()}")


def passes(error: KafkaError) -> bool:
    """Whether a consumer goes on by itself after this error."""
    return error.retriable() or error.code() in PASSING


def free(held: list[object]) -> None:
    """Free a client, of which this list holds the only reference, without the client's own `close`.

    That one still takes up an assignment that has just come, for which it waits without end, while no other thread
    runs. Freeing it may wait for a dead broker, so a thread goes on with it after a second.
    """
    freeing = threading.Thread(target=held.clear, name="kafka close", daemon=True)
    freeing.start()
    freeing.join(CLOSE_SECONDS)


class _AsksTopics(Protocol):
    def list_topics(self, topic: str, timeout: float) -> ClusterMetadata: ...


def require_known(client: _AsksTopics, log_: Log) -> None:
    """Let the client learn of the topic, as it would wait for a missing one or a dead broker without an error.

    Raises Unavailable.
    """
    with confluent_errors(log_.bootstrap):
        found = client.list_topics(log_.topic, timeout=CONNECT_SECONDS).topics[log_.topic]
    if found.error is not None:
        raise unavailable(log_.bootstrap, found.error)
