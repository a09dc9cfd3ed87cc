"""What all clients of the log share: addresses, limits, and whether a broker can be reached."""

import socket
from typing import NamedTuple

from shared.errors import Unavailable
from shared.settings.brokers import Brokers

CONNECT_TIMEOUT_MS = 5_000
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
