"""The storage fold alone: partitions of the table by day, and days that are still open."""

import logging
import threading
from contextlib import closing
from datetime import timedelta
from weakref import ref

import msgspec
import psutil
import pytest
from kafka import KafkaConsumer, TopicPartition

from consumer.consumer import store
from consumer.dead_letters import DeadLetterTopic
from consumer.storage import DAYS_AHEAD, DAYS_PER_TRANSACTION, Storage
from consumer.tables import days_made
from db.migrate import migrate
from shared.consumer_loop.consumer_runner import ConsumingPart, consume
from shared.errors import StopPart, Unavailable
from shared.kafka import Log
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.market.records import EPOCH, Quote
from shared.postgres.database import Cursor, connect, transaction
from shared.progress.batches import Batch
from shared.progress.offsets import GroupOnTopic, OffsetStep
from shared.runtime.lifecycle import Stop
from shared.settings.config import Config
from tests.inputs.records import split
from tests.integration.desk import Desk
from tests.waiting import wait_for

DAYS = 2 * DAYS_PER_TRANSACTION + 3


def daily(day: int) -> Quote:
    """One quote a day."""
    time = EPOCH + timedelta(days=day)
    return Quote(symbol="A", event_time=time, price=1.0, source="test", position=day, received_time=time)


def test_many_new_days_are_made_in_transactions_before_the_rows_and_stay_without_them(desk: Desk) -> None:
    storage = Storage(DeadLetterTopic(desk.log))
    records = [(day, daily(day)) for day in range(DAYS)]
    storage.fold(Batch(0, [*records], [], OffsetStep(0, expected=0, reached=DAYS, quotes=DAYS), []))
    with closing(connect(desk.database(), "test")) as connection:
        storage.prepare(connection)
        made = "select count(distinct c.xmin::text) from pg_class c where relname like 'quotes\\_1970____'"
        assert desk.rows(made) == [(3,)]
        with transaction(connection) as cursor:
            storage.write(cursor)
        with transaction(connection) as cursor:
            assert days_made(cursor) == set(range(DAYS))
        storage.between_commits(connection)
        with transaction(connection) as cursor:
            assert days_made(cursor) == set(range(DAYS + DAYS_AHEAD))
    assert desk.rows("select count(*) from quotes") == [(DAYS,)]


def test_number_and_conditions_of_a_trade_are_kept_and_what_is_no_quote_is_only_counted(desk: Desk) -> None:
    trade = msgspec.structs.replace(daily(20_000), trade_id=2**62, conditions="FI")
    with desk.at_work(store):
        desk.publish([trade, split(86_400.0 * 20_000, 7.0), daily(20_001)])
        wait_for(lambda: desk.rows("select sum(quotes), sum(actions) from progress") == [(2, 1)])
    stored = desk.rows("select trade_id, conditions from quotes order by event_time")
    assert stored == [(2**62, "FI"), (None, None)]


def test_kafka_is_told_the_offsets_too_while_the_part_runs(desk: Desk) -> None:
    group = f"{desk.config.kafka.group_id}-quotes{desk.log.topic.removeprefix(desk.config.kafka.topic)}"
    where = TopicPartition(desk.log.topic, 0)
    with (
        desk.at_work(store),
        closing(KafkaConsumer(**client_settings(desk.log.brokers), group_id=group)) as tool,
    ):
        desk.publish([daily(20_000), daily(20_001)])
        wait_for(lambda: tool.committed(where) == 2)
        desk.publish([daily(20_002)])
        wait_for(lambda: tool.committed(where) == 3)


def test_a_run_that_fails_closes_what_it_wrote_dead_letters_with(desk: Desk) -> None:
    before = threading.active_count()
    with pytest.raises(StopPart), desk.at_work(store) as part:
        desk.publish([b"nonsense"])
        wait_for(lambda: sum(map(len, desk.messages(desk.dead_log).values())) == 1)
        desk.rows("update progress set next_offset = 0, dead_letters = 0 returning true")
        desk.rows("delete from dead_letters returning true")
        desk.rows("update progress set first_offset = 9, next_offset = 9 returning true")
        desk.publish([b"more"])
        wait_for(part.done)
    wait_for(lambda: threading.active_count() <= before)


def test_a_run_whose_fold_can_not_be_made_closes_its_reader(desk: Desk) -> None:
    """Scenario: the analytics open a second connection for their fold, and the database was restarted just then."""

    def run(config: Config, stop: Stop) -> None:
        def no_fold(_: GroupOnTopic, __: Log, ___: str) -> Storage:
            raise StopPart("the fold can't be made")

        consume(ConsumingPart("storage", "foldless", no_fold, migrate), config, stop)

    before = sockets_to_kafka(desk)
    with pytest.raises(StopPart, match="the fold"):
        desk.run_to_its_end(run)
    wait_for(lambda: sockets_to_kafka(desk) <= before)


def sockets_to_kafka(desk: Desk) -> int:
    """The number of this process's connections to Kafka."""
    port = int(desk.log.bootstrap.rpartition(":")[2])
    connections = psutil.Process().net_connections()
    return len([each for each in connections if each.raddr and each.raddr.port == port])


class FailingFold(Storage):
    """A fold that only the collector frees, as one that the traceback of an error refers to; its runs fail."""

    def __init__(self, log: Log) -> None:
        super().__init__(DeadLetterTopic(log))
        self.itself = self

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        raise Unavailable("the database was restarted")


def test_memory_of_runs_that_failed_is_freed_before_the_next_one(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: after some restarts of the database a part held the state of every run before."""
    caplog.set_level(logging.ERROR, "tickstream")  # the record of a warning would hold the error
    made, kept = list[ref[FailingFold]](), list[FailingFold]()

    def run(config: Config, stop: Stop) -> None:
        def fold_of(_: GroupOnTopic, log: Log, __: str) -> FailingFold:
            kept.extend(each for each in [before() for before in made] if each is not None)
            if len(made) == 2:
                stop.set()
            fold = FailingFold(log)
            made.append(ref(fold))
            return fold

        consume(ConsumingPart("storage", "failing", fold_of, migrate), config, stop)

    desk.run_to_its_end(run)
    assert len(made) == 3
    assert kept == []
