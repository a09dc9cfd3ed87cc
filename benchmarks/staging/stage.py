"""The environment of a benchmark: embedded servers in a temporary folder, and parts as their real processes."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil
from psycopg2.extensions import make_dsn

from benchmarks.staging.part import Part, Usage
from db.migrate import migrate
from shared.embedded import Kafka, Postgres, kafka_in, lease_kafka, lease_postgres, postgres_in
from shared.embedded.daemon import find
from shared.embedded.ports import free_port
from shared.kafka import make_topics
from shared.postgres.database import connect, make_database, transaction
from shared.settings.brokers import Brokers
from shared.settings.config import KEYS, OTHER_NAMES

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 900.0
"""The histories of twenty coins with their ARIMA searches take minutes on a busy machine."""
PARTITIONS = 4


class ServerCpu(NamedTuple):
    """CPU seconds of the servers so far."""

    kafka: float
    postgres: float


class Stage:
    """The servers of a benchmark. Each act of it has a topic and a database of its name.

    `settings` are those of every part; the user's own settings are not used.
    """

    def __init__(self, kafka: Kafka, postgres: Postgres, settings: dict[str, str], parts: ExitStack) -> None:
        self._processes = (_process(kafka), _process(postgres))
        self._settings, self._parts = settings, parts

    @property
    def dsn(self) -> str:
        """The DSN of the server's maintenance database."""
        return self._settings["POSTGRES_DSN"]

    @property
    def brokers(self) -> Brokers:
        """The broker and its login."""
        names = "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"
        bootstrap, user, password = (self._settings[name] for name in names)
        return Brokers(bootstrap, user, password)

    def prepare(self, act: str) -> None:
        """Create the topic, the database and its tables."""
        make_topics(self.brokers, f"{act}-simulated", PARTITIONS)
        migrate(make_database(self._settings["POSTGRES_DSN"], f"{act}_simulated"))

    def settings(self, act: str) -> dict[str, str]:
        """All settings of the parts of an act."""
        dsn = make_dsn(self._settings["POSTGRES_DSN"], dbname=act)
        return self._settings | {"KAFKA_TOPIC": act, "POSTGRES_DSN": dsn}

    def start(self, act: str, module: str, *arguments: str, **settings: str) -> Part:
        """Start `python -m module` with these settings."""
        part = Part(module, arguments, os.environ | self.settings(act) | settings)
        self._parts.callback(part.abandon)
        return part

    def run(self, act: str, module: str, *arguments: str, **settings: str) -> Usage:
        """Run `python -m module` to its end."""
        return self.start(act, module, *arguments, **settings).ended()

    def server_cpu(self) -> ServerCpu:
        """CPU seconds of broker and database so far, including all processes of the database."""
        kafka, postgres = self._processes
        return ServerCpu(_cpu_seconds(kafka), _cpu_seconds(postgres))

    def row(self, act: str, statement: str, *values: object) -> tuple[Any, ...]:
        """The one row that a query on the database of an act returns."""
        dsn = make_dsn(self._settings["POSTGRES_DSN"], dbname=f"{act}_simulated")
        with closing(connect(dsn, "benchmark")) as connection, transaction(connection) as cursor:
            cursor.execute(statement, values)
            (row,) = cursor.fetchall()
            return tuple(row)


@contextmanager
def stage(**own: str) -> Iterator[Stage]:
    """A stage; at the end its processes are ended and its files removed. `own` are settings other than the defaults."""
    say(f"starting a Kafka and a PostgreSQL for the benchmark; {os.cpu_count()} cores")
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tickstream-benchmark-")))
        kafka, postgres = kafka_in(data, free_port()), postgres_in(data, free_port())
        settings = dict.fromkeys([*KEYS, *OTHER_NAMES], "") | {
            **stack.enter_context(lease_kafka(data, say, kafka.port)).settings(),
            "POSTGRES_DSN": stack.enter_context(lease_postgres(data, say, postgres.port)),
            "KAFKA_PARTITIONS": str(PARTITIONS),
            "SOURCES": "simulated",
            "TICKSTREAM_DATA": str(data),
            "LOG_LEVEL": "WARNING",
            **own,
        }
        yield Stage(kafka, postgres, settings, stack.enter_context(ExitStack()))


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition. Raises TimeoutError after a quarter of an hour."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_SECONDS:.0f} s: {what}")
        time.sleep(LOOK_SECONDS)


def say(sentence: str) -> None:
    """Print a line of progress to standard error."""
    print(f"  {sentence}", file=sys.stderr, flush=True)


def _process(server: Kafka | Postgres) -> psutil.Process:
    record = find(server)
    assert record is not None, "the lease keeps it running"
    return psutil.Process(record.pid)


def _cpu_seconds(server: psutil.Process) -> float:
    """CPU seconds of a server with its children, ended ones included."""
    own = server.cpu_times()
    total = float(own.user + own.system + own.children_user + own.children_system)
    for child in server.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue  # ended since: its time is in that of its parent at the next call
        total += times.user + times.system
    return total
