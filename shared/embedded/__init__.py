"""An embedded Kafka and PostgreSQL for a machine that has neither; they run while any process uses them.

    with lease_kafka(data, print, 29092) as brokers, lease_postgres(data, print, 25432) as dsn:
        ...

The servers are separate processes: they survive a user that is killed, and stop when the last user leaves.
`python -m shared.embedded up` keeps them running.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.embedded.daemon import Notify, kill
from shared.embedded.kafka.server import Kafka
from shared.embedded.lease import ensure, lease
from shared.embedded.postgres.server import Postgres
from shared.settings.brokers import Brokers, ClientChoice

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


def kafka_in(data: Path, port: int, client: ClientChoice = "auto") -> Kafka:
    """The Kafka under the data folder `data`, for `ensure` and `kill`; `client` creates the login of its clients."""
    return Kafka(data.resolve() / "kafka", port, client)


def postgres_in(data: Path, port: int) -> Postgres:
    """The PostgreSQL under the data folder `data`, for `ensure` and `kill`."""
    return Postgres(data.resolve() / "postgres", port)


@contextmanager
def lease_kafka(data: Path, notify: Notify, port: int, client: ClientChoice = "auto") -> Iterator[Brokers]:
    """Use the Kafka under `data`; yields its address, "127.0.0.1:PORT", and login.

    `notify` receives progress messages. If the port is taken, a free one is used. See `kafka_in` for `client`.
    Raises Unavailable or ConfigError with a text that explains what to do.
    """
    server = kafka_in(data, port, client)
    with lease(server, notify) as record:
        yield server.clients(record.port)


@contextmanager
def lease_postgres(data: Path, notify: Notify, port: int) -> Iterator[str]:
    """Use the PostgreSQL under `data`; yields a libpq DSN of the maintenance database for its superuser.

    Otherwise like `lease_kafka`.
    """
    server = postgres_in(data, port)
    with lease(server, notify) as record:
        yield server.dsn(record.port)
