"""One replay from start to end on separate servers, with its parts under the real supervisor."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
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
from tests.waiting import wait_for

PARTS = {
    "producer": ("-m", "producer.producer"),
    "storage": ("-m", "consumer.consumer"),
    "analytics": ("-m", "analytics.analytics_consumer"),
}
DELIVERY = {"delivery": ("-m", "delivery.delivery")}
READERS = {name: PARTS[name] for name in ("storage", "analytics")}
PATIENT = Errors(max_retries=1000, retry_delay=0.2)
"""A part that is killed again and again is what this is about."""
LOOK_SECONDS = 0.2
SAVING_SECONDS = 300.0
SAVED = """
    select bool_and(s.next_offset is not distinct from p.next_offset) from progress p
    left join partition_snapshots s using (group_id, topic, partition) where group_id = %s
"""

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

    @property
    def dsn(self) -> str:
        """The address of its database."""
        return self.config.postgres.dsn_for(self.config.database())

    def read_by(self) -> dict[str, int]:
        """Messages that each of the two groups has read, by its part. Raises Unavailable."""
        with closing(connect(self.dsn, "chaos")) as connection, transaction(connection) as cursor:
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
        producer = self.children.get("producer")
        if producer is not None and not producer.done:
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

    def wait_until_saved(self) -> None:
        """Wait until the snapshots are those of the stored offsets: a part that was killed reads again what came after
        its snapshot, and saves nothing if it is stopped before the end of that. Raises TimeoutError."""
        wait_for(self._is_saved, SAVING_SECONDS)

    def _is_saved(self) -> bool:
        try:
            with closing(connect(self.dsn, "chaos")) as connection, transaction(connection) as cursor:
                cursor.execute(SAVED, (self.config.kafka.group_id,))
                ((found,),) = cursor.fetchall()
                return bool(found)
        except Unavailable:
            return False

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
        "STORM_MIN_SYMBOLS": "2",
        "FORECAST_INTERVALS": "1m,5m",
        "MARKET_INTERVALS": "1m,1h",
        "ARIMA_MIN_OBSERVATIONS": "10",
        "TRAINED_MODELS": ",".join(SERVING),
    }


class Place(NamedTuple):
    """Separate servers that run: the settings that lead to them, and themselves by name."""

    environment: dict[str, str]
    config: Config
    servers: dict[str, Kafka | Postgres]

    def with_settings(self, changes: dict[str, str]) -> "Place":
        """The same servers with other settings."""
        environment = self.environment | changes
        config = load(None, environment)
        kafka, postgres = self.config.kafka.brokers, self.config.postgres.dsn_for("postgres")
        return Place(environment, config.with_kafka_at(kafka).with_postgres_at(postgres), self.servers)


@contextmanager
def servers_for(environment: dict[str, str], report: Notify) -> Iterator[Place]:
    """The servers of these settings; at the end they stop cleanly."""
    config = load(None, environment)
    data, ports = Path(environment["TICKSTREAM_DATA"]), config.embedded
    with (
        lease_kafka(data, report, ports.kafka_port) as brokers,
        lease_postgres(data, report, ports.postgres_port) as dsn,
    ):
        servers: dict[str, Kafka | Postgres] = {
            "kafka": kafka_in(data, ports.kafka_port),
            "postgres": postgres_in(data, ports.postgres_port),
        }
        yield Place(environment, config.with_kafka_at(brokers).with_postgres_at(dsn), servers)


@contextmanager
def running(
    files: list[Path], speed: str, report: Notify, client: ClientChoice = "auto"
) -> Iterator[ChaosPipeline]:
    """A pipeline that replays the files from the beginning; at the end its parts and servers stop cleanly."""
    with tempfile.TemporaryDirectory(prefix="tickstream-chaos-") as name:
        environment = settings(Path(name), files, speed, client)
        with servers_for(environment, report) as place, supervised(place, PARTS) as pipeline:
            yield pipeline


@contextmanager
def supervised(place: Place, parts: Mapping[str, tuple[str, ...]]) -> Iterator[ChaosPipeline]:
    """These parts under a supervisor; at the end they stop cleanly."""
    environment, config, servers = place
    topic = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)
    migrate(make_database(config.postgres.dsn_for("postgres"), config.database()))
    put_live(config)
    children = {part: Child(part, command) for part, command in parts.items()}
    stop = threading.Event()
    with patch.dict(os.environ, environment), ThreadPoolExecutor(1) as pool:
        supervisor = pool.submit(supervise, list(children.values()), stop, PATIENT)
        try:
            yield ChaosPipeline(config, topic, children, servers, supervisor, stop)
        finally:
            stop.set()
