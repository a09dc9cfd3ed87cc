"""A separate topic and database for each test on the shared servers, with the real parts."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any

import pytest
from psycopg2.extensions import make_dsn

from shared.errors import Unavailable
from shared.kafka import DEAD_LETTER_SUFFIX, Log, LogWriter, Message, make_topics, open_log
from shared.market.messages import encode
from shared.market.records import Record
from shared.postgres.database import Connection, connect, transaction
from shared.runtime.lifecycle import Stop
from shared.settings.brokers import Brokers
from shared.settings.config import Config, load
from tests.copied import database_with_tables
from tests.slowness import PATIENCE
from tests.waiting import wait_for

PROJECT = Path(__file__).resolve().parents[2]
MODULES = {
    "producer": "producer.producer",
    "storage": "consumer.consumer",
    "analytics": "analytics.analytics_consumer",
}
Run = Callable[[Config, Stop], None]
migrated: set[str] = set()
"""The DSNs of databases that were made and have their tables."""


class Desk:
    """One feed, `name` for its topic and database. It is the simulated one, filled by hand."""

    def __init__(self, brokers: Brokers, dsn: str, data: Path, name: str) -> None:
        self.settings = {
            **brokers.settings(),
            "KAFKA_CLIENT": os.environ.get("KAFKA_CLIENT", brokers.client),
            "KAFKA_TOPIC": name,
            "KAFKA_GROUP_ID": name,
            "KAFKA_PARTITIONS": "2",
            "POSTGRES_DSN": make_dsn(dsn, dbname=name.replace("-", "_")),
            "TICKSTREAM_DATA": str(data),
            "SOURCES": "simulated",
            "RETRY_DELAY": "0.1",
            "LOG_LEVEL": "WARNING",
        }

    def replaying(self, files: Sequence[Path], speed: str = "max") -> "Desk":
        """The desk that plays these recordings: a feed beside this one, under the same name."""
        desk = copy(self)
        played = {"SOURCES": "replay", "REPLAY_FILES": ",".join(map(str, files)), "REPLAY_SPEED": speed}
        desk.settings = self.settings | played
        return desk

    @property
    def config(self) -> Config:
        """The settings as a part reads them."""
        return load(None, self.settings)

    @property
    def log(self) -> Log:
        """The topic, made at the first look."""
        config = self.config
        return make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)

    @property
    def dead_log(self) -> Log:
        """The topic of its dead letters."""
        return self.log._replace(topic=self.log.topic + DEAD_LETTER_SUFFIX)

    def database(self) -> str:
        """The DSN of its database, made at the first look."""
        config = self.config
        dsn = database_with_tables(config.postgres.dsn_for("postgres"), config.database())
        migrated.add(dsn)
        return dsn

    def _connected(self) -> Connection:
        """A connection to its database, which is looked at once or, where somebody dropped it, made again."""
        config = self.config
        dsn = config.postgres.dsn_for(config.database())
        if dsn in migrated:
            with suppress(Unavailable):
                return connect(dsn, "test")
        return connect(self.database(), "test")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with closing(self._connected()) as connection, transaction(connection) as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    def publish(self, messages: Sequence[Record | bytes | None], partition: int = 0) -> None:
        """Put messages into the log as they are."""
        with closing(LogWriter(self.log)) as writer:
            for message in messages:
                raw = message if isinstance(message, bytes | None) else encode(message)
                writer.send(partition, b"key", raw)
            assert writer.flush(PATIENCE)

    def messages(self, log: Log) -> dict[int, list[Message]]:
        """Every message of a topic, by partition, from the first to the last."""
        with open_log(log) as reader:
            return {partition: list(reader.backwards(partition))[::-1] for partition in range(log.partitions)}

    def published(self) -> int:
        """How many messages the log holds."""
        with open_log(self.log) as reader:
            return sum(reader.ends().values())

    def has_read(self, group: str, count: int) -> bool:
        """Whether the group has read so many messages. `group` is "storage" or "analytics"."""
        suffix = "-quotes" if group == "storage" else ""
        query = "select coalesce(sum(next_offset - first_offset), 0) from progress where group_id = %s"
        try:
            return self.rows(query, self.config.kafka.group_id + suffix) == [(count,)]
        except Unavailable:
            return False

    def wait_until_read(self, *groups: str) -> None:
        """Return when these groups have read the whole log."""
        self.database()
        with open_log(self.log) as reader:
            for group in groups:
                wait_for(lambda group=group: self.has_read(group, sum(reader.ends().values())))  # type: ignore[misc]

    @contextmanager
    def at_work(self, run: Run) -> "Iterator[Future[None]]":
        """A part at work in a thread; stopped cleanly at the end. Raises what ended it."""
        stop = Stop()
        with ThreadPoolExecutor(1) as pool:
            part = pool.submit(run, self.config, stop)
            try:
                yield part
            finally:
                stop.set()
            part.result(PATIENCE)

    def run_to_its_end(self, run: Run) -> None:
        """A part that ends by itself. Raises what ended it."""
        with self.at_work(run) as part:
            wait_for(part.done)

    def start(self, part: str, *arguments: str) -> "subprocess.Popen[str]":
        """A part as a process of its own."""
        command = [sys.executable, "-m", MODULES[part], *arguments]
        return subprocess.Popen(command, cwd=PROJECT, env=self.environment, stderr=subprocess.PIPE, text=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a separate process."""
        return os.environ | self.settings

    def wait_until_rebuilt(self) -> None:
        """Return when the analytics have nothing left to rebuild."""
        query = """select count(*) from progress p left join partition_snapshots s using (group_id, topic, partition)
            where p.group_id = %s and (s.state is null or s.state::jsonb ?| array['remaking', 'rewriting'])"""
        wait_for(lambda: self.rows(query, self.config.kafka.group_id) == [(0,)])


def give_last_quote(desk: Desk, symbol: str) -> None:
    """A last quote as the analytics write it, an hour old."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into symbols (symbol, price, event_time, received_time, session, source, quotes, late, extreme)
            values (%s, 1229.5, now() - interval '1 hour', now() - interval '1 hour', 'regular', 'yahoo', 9, 3, 0)""",
            (symbol,),
        )


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    """Everything printed since, on both streams, in one line."""
    return " ".join(" ".join(capsys.readouterr()).split())
