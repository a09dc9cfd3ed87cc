"""The live feed of a benchmark: its topic, its database, and its parts, with the stand-in as their providers."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any

from benchmarks.staging.part import Part
from benchmarks.staging.stage import PARTITIONS, Stage
from db.migrate import migrate
from shared.kafka import Log, make_topics, open_log
from shared.market.messages import decode
from shared.market.records import Record
from shared.postgres.database import connect, make_database, transaction
from shared.settings.config import Config, load


class LiveDesk:
    """`name` is that of topic and database; `settings` are further settings of all parts."""

    def __init__(self, stage: Stage, name: str, settings: Mapping[str, str]) -> None:
        self._stage, self._name, self._settings = stage, name, dict(settings)
        self.log: Log = make_topics(stage.brokers, name, PARTITIONS)
        self._dsn = make_database(stage.dsn, name)
        migrate(self._dsn)

    @property
    def config(self) -> Config:
        """The settings as a part reads them."""
        return load(None, self._stage.settings(self._name) | self._settings)

    def start(self, module: str) -> Part:
        """Start a part as its real process."""
        return self._stage.start(self._name, module, **self._settings)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a SELECT."""
        with closing(connect(self._dsn, "benchmark")) as connection, transaction(connection) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def count(self, statement: str, *values: object) -> int:
        """The one number that a SELECT returns; 0 for null."""
        return int(self.rows(statement, *values)[0][0] or 0)

    def published(self) -> int:
        """The number of messages in the log."""
        with open_log(self.log) as reader:
            return sum(reader.ends().values())

    def records_since(self, moment: float) -> Iterator[tuple[float, Record]]:
        """Every record appended to the log since `moment`, with its append time in epoch seconds. Raises BadMessage."""
        with open_log(self.log) as reader:
            for partition in range(self.log.partitions):
                for message in reader.backwards(partition):
                    if message.timestamp < moment * 1000:
                        break
                    yield message.timestamp / 1000, decode(message.value, message.timestamp)
