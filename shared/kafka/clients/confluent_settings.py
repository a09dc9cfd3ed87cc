"""The settings of all clients of confluent-kafka, and their errors."""

import logging
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
SILENT, ALL = 0, 6
"""Levels of the client's log, in syslog's order."""

log = logging.getLogger("tickstream.kafka")


class _ClientLog:
    """Receives the lines of the client's log, among them one for every attempt to reach a broker: for debugging."""

    def log(self, _level: int, text: str, *values: object) -> None:
        """Write one line."""
        log.debug(text, *values)


def confluent_settings(brokers: Brokers) -> dict[str, Setting]:
    """The settings of all clients. Metrics about this program are sent to no broker."""
    login = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": SCRAM,
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
