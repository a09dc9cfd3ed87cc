"""What every client of the log shares: how it is opened, and what its errors mean."""

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
"""For who writes or reads: a topic that is missing is missed, not made."""
# The client writes a line for every try to reach a broker, where we say once that it is away, and at level DEBUG the
# passwords themselves.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

PLAIN, SCRAM = "PLAIN", "SCRAM-SHA-512"
DEAD_LETTER_BYTES = 4 * 1024 * 1024


class Log(NamedTuple):
    """A topic and where it is. The Kafka cluster named itself `cluster`, and this making of the topic `topic_id`."""

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
    """Names every client error by what happens next: wait and try again."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {bootstrap}: {type(error).__name__}: {error}") from error


def reachable(bootstrap: str, timeout: float = 1.0) -> bool:
    """Whether one of the brokers takes a connection."""
    for address in bootstrap.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout).close()
        except (OSError, ValueError):
            continue
        return True
    return False


def require_reachable(bootstrap: str) -> None:
    """Raises Unavailable where none of the brokers takes a connection: the client would wait without a word."""
    if not reachable(bootstrap):
        raise Unavailable(f"Kafka at {bootstrap} takes no connection")


def client_settings(brokers: Brokers) -> dict[str, Any]:
    """What every client of Kafka is opened with."""
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
