"""One replay from start to end on separate servers, with its parts under the real supervisor."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from db.migrate import migrate
from shared.embedded import Kafka, Postgres, kafka_in, lease_kafka, lease_postgres, postgres_in
from shared.embedded.ports import free_port
from shared.errors import Unavailable
from shared.kafka import Log, make_topics, open_log
from shared.postgres.database import connect, make_database, transaction
from shared.runtime.supervision import Child, supervise
from shared.settings.brokers import ClientChoice
from shared.settings.config import Config, load
from shared.settings.sections import Errors
from tests.chaos.models import SERVING, put_live

PARTS = {
    "producer": ("-m", "producer.producer"),
    "storage": ("-m", "consumer.consumer"),
    "analytics": ("-m", "analytics.analytics_consumer"),
}
PATIENT = Errors(max_retries=1000, retry_delay=0.2)
"""A part that is killed again and again is what this is about."""
LOOK_SECONDS = 0.2

Notify = Callable[[str], None]


@dataclass
class ChaosPipeline:
    """A pipeline that runs. `children` are its parts and `servers` its servers, by name."""

    config: Config
    topic: Log
    children: dict[str, Child]
    servers: dict[str, Kafka | Postgres]
    supervisor: "Future[None]"
    stop: threading.Event

    def read_by(self) -> dict[str, int]:
        """Messages that each of the two groups has read, by its part. Raises Unavailable."""
        dsn = self.config.postgres.dsn_for(self.config.database())
        with closing(connect(dsn, "chaos")) as connection, transaction(connection) as cursor:
            cursor.execute(
                "select group_id, sum(next_offset - first_offset)::bigint from progress group by group_id"
            )
            read = dict(cursor.fetchall())
        group = self.config.kafka.group_id
        return {"storage": read.get(f"{group}-quotes", 0), "analytics": read.get(group, 0)}

    def passed(self, victim: str) -> int:
        """Messages that a part or a server has behind it: those written for the producer and Kafka, those read for the
        others. Raises Unavailable."""
        if victim in ("producer", "kafka"):
            return self.published()
        read = self.read_by()
        return read.get(victim, min(read.values()))

    def published(self) -> int:
        """Messages in the log. Raises Unavailable."""
        with open_log(self.topic) as reader:
            return sum(reader.ends().values())

    def is_drained(self) -> bool:
        """Whether the producer has finished and both groups have read the log to its end."""
        if self.supervisor.done():
            self.supervisor.result()
        if not self.children["producer"].done:
            return False
        try:
            return set(self.read_by().values()) == {self.published()}
        except Unavailable:
            return False

    def wait_until_drained(self, seconds: float) -> None:
        """Raises TimeoutError where it takes longer."""
        until = time.monotonic() + seconds
        while not self.is_drained():
            if time.monotonic() > until:
                raise TimeoutError(f"not everything was read within {seconds:.0f} s")
            time.sleep(LOOK_SECONDS)

    def stop_parts(self) -> None:
        """Stop the parts cleanly and wait for it. Raises StopPart where one could not go on."""
        self.stop.set()
        self.supervisor.result()


def settings(data: Path, files: list[Path], speed: str, client: ClientChoice) -> dict[str, str]:
    """The settings of the parts of a run."""
    return {
        "TICKSTREAM_DATA": str(data),
        "KAFKA_CLIENT": client,
        "EMBEDDED_KAFKA_PORT": str(free_port()),
        "EMBEDDED_POSTGRES_PORT": str(free_port()),
        "SOURCES": "replay",
        "REPLAY_FILES": ",".join(map(str, files)),
        "REPLAY_SPEED": speed,
        "LOG_LEVEL": "WARNING",
        "BATCH_SIZE": "500",
        "PRICE_CHANGE_THRESHOLD": "0.001",
        "VOLUME_CHANGE_THRESHOLD": "0.5",
        "FORECAST_INTERVALS": "1m,5m",
        "MARKET_INTERVALS": "1m,1h",
        "ARIMA_MIN_OBSERVATIONS": "10",
        "TRAINED_MODELS": ",".join(SERVING),
    }


@contextmanager
def running(
    files: list[Path], speed: str, report: Notify, client: ClientChoice = "auto"
) -> Iterator[ChaosPipeline]:
    """A pipeline that replays the files from the beginning; at the end its parts and servers stop cleanly."""
    with tempfile.TemporaryDirectory(prefix="tickstream-chaos-") as name:
        environment = settings(Path(name), files, speed, client)
        config = load(None, environment)
        ports = config.embedded
        with (
            lease_kafka(Path(name), report, ports.kafka_port) as brokers,
            lease_postgres(Path(name), report, ports.postgres_port) as dsn,
        ):
            servers: dict[str, Kafka | Postgres] = {
                "kafka": kafka_in(Path(name), ports.kafka_port),
                "postgres": postgres_in(Path(name), ports.postgres_port),
            }
            yield from _supervised(config.with_kafka_at(brokers).with_postgres_at(dsn), environment, servers)


def _supervised(
    config: Config, environment: dict[str, str], servers: dict[str, Kafka | Postgres]
) -> Iterator[ChaosPipeline]:
    topic = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
    migrate(make_database(config.postgres.dsn_for("postgres"), config.database()))
    put_live(config)
    children = {part: Child(part, command) for part, command in PARTS.items()}
    stop = threading.Event()
    with patch.dict(os.environ, environment), ThreadPoolExecutor(1) as pool:
        supervisor = pool.submit(supervise, list(children.values()), stop, PATIENT)
        try:
            yield ChaosPipeline(config, topic, children, servers, supervisor, stop)
        finally:
            stop.set()
