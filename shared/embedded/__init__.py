"""A real Kafka and a real PostgreSQL for a machine that has neither, running while anybody uses them.

    with lease_kafka(data, print, 29092) as brokers, lease_postgres(data, print, 25432) as dsn:
        ...

The servers are processes of their own: they outlive a user that is killed, and stop with the last one
that leaves. `python -m shared.embedded up` starts them to stay.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.embedded.daemon import Say, kill
from shared.embedded.kafka import Kafka
from shared.embedded.lease import ensure, lease
from shared.embedded.postgres import Postgres
from shared.settings.brokers import Brokers

__all__ = [
    "Kafka",
    "Postgres",
    "ensure",
    "kafka_in",
    "kill",
    "lease_kafka",
    "lease_postgres",
    "postgres_in",
]


def kafka_in(data: Path, port: int) -> Kafka:
    """The Kafka under the data folder `data`, for `ensure` and `kill`."""
    return Kafka(data.resolve() / "kafka", port)


def postgres_in(data: Path, port: int) -> Postgres:
    """The PostgreSQL under the data folder `data`, for `ensure` and `kill`."""
    return Postgres(data.resolve() / "postgres", port)


@contextmanager
def lease_kafka(data: Path, say: Say, port: int) -> Iterator[Brokers]:
    """Use the Kafka under `data`; gives its address, "127.0.0.1:PORT", and login.

    `say` receives sentences about what takes time. A port that is taken is replaced by a free one.
    Raises Unavailable or ConfigError with a sentence that says what to do.
    """
    server = kafka_in(data, port)
    with lease(server, say) as record:
        yield server.clients(record.port)


@contextmanager
def lease_postgres(data: Path, say: Say, port: int) -> Iterator[str]:
    """Use the PostgreSQL under `data`; gives a libpq DSN of the maintenance database for its superuser.

    Otherwise as `lease_kafka`.
    """
    server = postgres_in(data, port)
    with lease(server, say) as record:
        yield server.dsn(record.port)
