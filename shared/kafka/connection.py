"""What all clients of the log share: connection settings and errors."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from kafka.errors import KafkaError

from shared.errors import Unavailable
from shared.settings.brokers import Brokers

CONNECT_TIMEOUT_MS = 5_000
NO_NEW_TOPICS = {"allow_auto_create_topics": False}
"""For readers and writers: a missing topic is an error and is not created."""
# The client logs every attempt to reach a broker, which we log once, and at level DEBUG even passwords.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

PLAIN, SCRAM = "PLAIN", "SCRAM-SHA-512"
DEAD_LETTER_BYTES = 4 * 1024 * 1024


class Log(NamedTuple):
    """A topic and its brokers. `cluster` is the cluster's id; `topic_id` changes if the topic is recreated."""

    brokers: Brokers
    topic: str
    partitions: int
    cluster: str
    topic_id: str

    @property
    def bootstrap(self) -> str:
        """The addresses of the brokers."""
        return self.brokers.bootstrap


@contextmanager
def kafka_errors(bootstrap: str) -> Iterator[None]:
    """Turn all client errors into Unavailable."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {bootstrap}: {type(error).__name__}: {error}") from error


def reachable(bootstrap: str, timeout: float = 1.0) -> bool:
    """Whether one of the brokers accepts a connection."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout).close()
        except (OSError, ValueError):
            continue
        return True
    return False


def require_reachable(bootstrap: str) -> None:
    """Raise Unavailable if no broker accepts a connection, as the client would wait without an error."""
    if not reachable(bootstrap):
        raise Unavailable(f"Kafka at {bootstrap} accepts no connection")


def client_settings(brokers: Brokers) -> dict[str, Any]:
    """The settings of all Kafka clients."""
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": SCRAM,
        "sasl_plain_username": brokers.user,
        "sasl_plain_password": brokers.password,
    }
    return {
        **(login if brokers.user else {}),
        "bootstrap_servers": brokers.bootstrap.split(","),
        "bootstrap_timeout_ms": CONNECT_TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1_000,
    }
