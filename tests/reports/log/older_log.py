"""A Kafka whose data folder is replaced by an older copy, as after a restore or a power cut."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kafka import KafkaAdminClient, TopicPartition

from shared.embedded import Kafka, kill
from shared.embedded.lease import ensure, lease, release
from shared.kafka.connection import client_settings
from shared.market.records import Quote, TimeMark
from tests.integration.desk import Desk
from tests.integration.servers.server_user import silent
from tests.waiting import wait_for

NOON = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)


class OlderLog:
    """The broker, and the copy of its data that was made last."""

    def __init__(self, kafka: Kafka, copy: Path) -> None:
        self._kafka, self._copy = kafka, copy

    def copy(self) -> None:
        """Stop the broker, copy its data, and start it again."""
        release(self._kafka, silent, now=True)
        shutil.copytree(self._data, self._copy)
        ensure(self._kafka, silent)

    def restore(self) -> None:
        """Kill the broker and start it again with the older data."""
        kill(self._kafka)
        shutil.rmtree(self._data)
        shutil.copytree(self._copy, self._data)
        ensure(self._kafka, silent)

    @property
    def _data(self) -> Path:
        return self._kafka.folder / "data"


@contextmanager
def older_log(kafka: Kafka, copy: Path) -> Iterator[OlderLog]:
    """A broker that runs while this is open."""
    with lease(kafka, silent):
        yield OlderLog(kafka, copy)


def desk_at(kafka: Kafka, dsn: str, data: Path, name: str) -> Desk:
    """A desk on this broker."""
    return Desk(kafka.clients(kafka.port), dsn, data, name)


def quotes(first: int, count: int, price: float = 10.0, symbol: str = "AAA") -> list[Quote]:
    """Quotes of one symbol, one every ten seconds of event time."""
    times = [NOON + timedelta(seconds=10 * number) for number in range(first, first + count)]
    return [
        Quote(
            symbol=symbol, event_time=time, price=price, source="test", position=first + n, received_time=time
        )
        for n, time in enumerate(times)
    ]


def mark(number: int) -> TimeMark:
    """A time mark at the time of the quote of that number."""
    time = NOON + timedelta(seconds=10 * number)
    return TimeMark(time=time, source="test", position=number, received_time=time)


def delete_before(desk: Desk, offset: int, partition: int = 0) -> None:
    """What a retention does."""
    admin = KafkaAdminClient(**client_settings(desk.config.kafka.brokers))
    admin.delete_records({TopicPartition(desk.config.topic(), partition): offset})
    admin.close()


def add_partitions(desk: Desk, count: int) -> None:
    """Raise the number of partitions of the desk's topic."""
    with closing(KafkaAdminClient(**client_settings(desk.config.kafka.brokers))) as admin:
        admin.create_partitions({desk.config.topic(): count})
    wait_for(lambda: desk.log.partitions == count)
