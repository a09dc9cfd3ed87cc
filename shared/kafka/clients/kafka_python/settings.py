"""The settings of all clients of kafka-python, and their errors."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kafka.errors import KafkaError, UnsupportedCodecError

from shared.errors import StopPart, Unavailable
from shared.kafka.connection import CONNECT_TIMEOUT_MS, SCRAM
from shared.settings.brokers import Brokers

NO_NEW_TOPICS = {"allow_auto_create_topics": False}
"""For readers and writers: a missing topic is an error and is not created."""
# The client logs every attempt to reach a broker, which we log once, and at level DEBUG even passwords.
logging.getLogger("kafka").setLevel(logging.CRITICAL)


@contextmanager
def kafka_errors(bootstrap: str) -> Iterator[None]:
    """Turn all client errors into Unavailable, or StopPart for a message that this client can never read."""
    try:
        yield
    except UnsupportedCodecError as error:
        raise unreadable(error) from error
    except (KafkaError, OSError) as error:
        raise Unavailable(f"Kafka at {bootstrap}: {type(error).__name__}: {error}") from error


def unreadable(error: UnsupportedCodecError) -> StopPart:
    """The error for messages whose compression needs a library that is not installed."""
    return StopPart(
        f"the log has messages that kafka-python can't decompress here ({error}). Install that library, or set"
        " KAFKA_CLIENT=confluent: confluent-kafka reads every compression."
    )


def client_settings(brokers: Brokers, mechanism: str = SCRAM) -> dict[str, Any]:
    """The settings of all clients, which log in with this SASL mechanism."""
    login = {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": mechanism,
        "sasl_plain_username": brokers.user,
        "sasl_plain_password": brokers.password,
    }
    return {
        **(login if brokers.user else {}),
        "bootstrap_servers": brokers.bootstrap.split(","),
        "bootstrap_timeout_ms": CONNECT_TIMEOUT_MS,
        "reconnect_backoff_max_ms": 1_000,
    }
