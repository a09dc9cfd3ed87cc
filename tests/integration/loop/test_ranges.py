"""Exact ranges of the log are read alike with each Kafka client."""

import random
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, count

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from shared.embedded import Kafka, kill
from shared.embedded.lease import lease
from shared.errors import Unavailable
from shared.kafka import Log, LogReader, LogWriter, make_topics, open_log
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.kafka.log_reader import TAIL_WINDOW
from shared.settings.brokers import Brokers, ClientChoice
from tests.integration.loop.kafka_members import write
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE, slowness
from tests.waiting import wait_for

LONG = 2 * TAIL_WINDOW * 5
numbers = count()


@pytest.fixture
def log(embedded_kafka: Brokers, each_client: ClientChoice) -> Log:
    """A topic of two partitions, read by one of the clients."""
    return make_topics(embedded_kafka._replace(client=each_client), f"ranges-{next(numbers)}", 2)


@pytest.fixture
def reader(log: Log) -> Iterator[LogReader]:
    """A reader of the topic."""
    with open_log(log) as opened:
        yield opened


def offsets(reader: LogReader, start: int, end: int, partition: int = 0) -> list[int]:
    """The offsets of the messages in a range."""
    return [message.offset for message in chain.from_iterable(reader.forwards(partition, start, end))]


def test_every_range_has_its_own_messages_and_no_other(log: Log, reader: LogReader) -> None:
    """In any order: what the client has fetched beyond one range never gets into another."""
    write(log, LONG)
    write(log, 3, partition=1)
    chance = random.Random(1)
    for _ in range(60):
        start = chance.randrange(LONG)
        end = chance.choice([start + 1, chance.randrange(start, LONG) + 1, LONG])
        found = list(chain.from_iterable(reader.forwards(0, start, end)))
        assert [message.offset for message in found] == list(range(start, end))
        assert [message.value for message in found] == [b"%d" % number for number in range(start, end)]
        assert offsets(reader, 0, 3, partition=1) == [0, 1, 2]


def test_a_range_is_read_from_the_log_and_not_from_what_was_fetched_before(
    log: Log, reader: LogReader
) -> None:
    """kafka-python gives 500 messages at a time, and kept the others for a range that begins with them."""
    write(log, 1_000)
    assert values(reader, 0) == b"0"
    with closing(KafkaAdminClient(**client_settings(log.brokers))) as admin:
        admin.delete_topics([log.topic])
        wait_for(lambda: log.topic not in admin.list_topics())
    again = make_topics(log.brokers, log.topic, 2)
    write(again, 600, first=5_000)
    wait_for(lambda: values(reader, 500) == b"5500")


def values(reader: LogReader, offset: int) -> bytes | None:
    """The value of the message at an offset of partition 0."""
    found = reader.message_at(0, offset)
    assert found is not None
    assert found.value != b"500", "of the topic that was deleted"
    return found.value


def test_all_messages_are_read_from_last_to_first(log: Log, reader: LogReader) -> None:
    write(log, LONG)
    assert [message.offset for message in reader.backwards(0)] == list(range(LONG))[::-1]
    assert list(reader.backwards(1)) == []


def test_long_log_is_read_in_batches(log: Log, reader: LogReader, monkeypatch: pytest.MonkeyPatch) -> None:
    write(log, LONG)
    monkeypatch.setattr("shared.kafka.log_reader.FORWARD_WINDOW", 400)
    batches = list(reader.forwards(0, 100, LONG))
    assert [len(batch) for batch in batches] == [400, 400, LONG - 900]
    assert [message.offset for message in chain.from_iterable(batches)] == list(range(100, LONG))


def test_reader_sees_what_is_written_while_it_is_open(log: Log, reader: LogReader) -> None:
    assert reader.ends() == {0: 0, 1: 0}
    for number in range(1, 4):
        write(log, 2, partition=1)
        assert reader.ends() == {0: 0, 1: 2 * number}
        assert reader.bounds(1) == (0, 2 * number)
        last = next(reader.backwards(1))
        assert (last.offset, last.value) == (2 * number - 1, b"1")


def test_message_is_given_with_all_that_it_has(log: Log, reader: LogReader) -> None:
    with closing(LogWriter(log)) as writer:
        writer.send(1, b"key", None, [("offset", b"12"), ("reason", b"\xff")])
        writer.send(1, None, b"")
        assert writer.flush(PATIENCE)
    first, second = reader.message_at(1, 0), reader.message_at(1, 1)
    assert first is not None
    assert second is not None
    assert (first.key, first.value, first.headers) == (
        b"key",
        None,
        [("offset", b"12"), ("reason", b"\xff")],
    )
    assert (second.key, second.value, second.headers) == (None, b"", [])
    assert 0 < first.timestamp <= second.timestamp
    assert reader.message_at(1, 2) is None


def test_range_that_ends_in_offsets_without_a_message_is_read_to_its_end(log: Log, reader: LogReader) -> None:
    """The end of a transaction takes an offset: 3 and 7 have no message."""
    with closing(KafkaProducer(**client_settings(log.brokers), transactional_id=log.topic)) as producer:
        producer.init_transactions()
        for _ in range(2):
            producer.begin_transaction()
            for _ in range(3):
                producer.send(log.topic, value=b"in a transaction", partition=0)
            producer.commit_transaction()
    assert reader.bounds(0) == (0, 8)
    for start, end in ((0, 8), (2, 4), (3, 4), (3, 8), (7, 8), (0, 3), (4, 7)):
        assert offsets(reader, start, end) == [each for each in range(start, end) if each not in (3, 7)]
    assert [message.offset for message in reader.backwards(0)] == [6, 5, 4, 2, 1, 0]
    assert reader.message_at(0, 3) is None
    assert reader.message_at(0, 7) is None


def test_messages_of_a_transaction_that_is_not_over_are_read(log: Log, reader: LogReader) -> None:
    with closing(KafkaProducer(**client_settings(log.brokers), transactional_id=log.topic)) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(log.topic, value=b"under way", partition=0).get(PATIENCE)
        assert reader.ends() == {0: 1, 1: 0}
        assert reader.bounds(0) == (0, 1)
        assert offsets(reader, 0, 1) == [0]
        producer.abort_transaction()


def test_range_that_retention_has_removed_is_empty(log: Log, reader: LogReader) -> None:
    write(log, 20)
    with closing(KafkaAdminClient(**client_settings(log.brokers))) as admin:
        admin.delete_records({TopicPartition(log.topic, 0): 12})
    assert reader.bounds(0) == (12, 20)
    assert reader.message_at(0, 11) is None
    assert offsets(reader, 0, 5) == []
    assert [message.offset for message in reader.backwards(0)] == list(range(12, 20))[::-1]


def test_large_messages_are_read(log: Log, reader: LogReader) -> None:
    """More of them than a fetch returns."""
    large = [bytes([number]) * 1_000_000 for number in range(5)]
    with closing(LogWriter(log)) as writer:
        for value in large:
            writer.send(0, None, value)
        assert writer.flush(PATIENCE)
    assert [message.value for message in reader.backwards(0)] == large[::-1]


def test_reading_ranges_makes_no_group(log: Log, reader: LogReader) -> None:
    write(log, 1)
    assert offsets(reader, 0, 1) == [0]
    with closing(KafkaAdminClient(**client_settings(log.brokers))) as admin:
        assert [each for each in admin.list_groups() if "ranges" in str(each)] == []


@pytest.mark.parametrize("each_client", ["confluent"], indirect=True)
def test_topic_that_does_not_exist_is_reported_at_once(log: Log) -> None:
    """With kafka-python after half a minute."""
    with pytest.raises(Unavailable), open_log(log._replace(topic="missing")):
        pass


def test_broker_that_hangs_while_a_range_is_read_is_reported(
    spare_kafka: Kafka, each_client: ClientChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its port stays open without an answer, so the client has no error."""
    monkeypatch.setattr("shared.kafka.log_reader.ANSWER_SECONDS", 2.0)
    with lease(spare_kafka, silent) as record:
        brokers = spare_kafka.clients(record.port)._replace(client=each_client)
        log = make_topics(brokers, f"hanging-{each_client}", 1)
        write(log, 3 * TAIL_WINDOW)
        with open_log(log) as opened:
            messages = opened.backwards(0)
            assert [next(messages).offset for _ in range(TAIL_WINDOW)][-1] == 2 * TAIL_WINDOW
            psutil.Process(record.pid).suspend()
            with pytest.raises(Unavailable, match="sent nothing for 2 s"):
                list(messages)
            kill(spare_kafka)


def test_readers_of_a_kafka_that_died_end_soon(spare_kafka: Kafka, each_client: ClientChoice) -> None:
    with lease(spare_kafka, silent) as record:
        brokers = spare_kafka.clients(record.port)._replace(client=each_client)
        log = make_topics(brokers, f"ending-{each_client}", 1)
        write(log, 1)
        with open_log(log) as opened:
            assert opened.ends() == {0: 1}
            kill(spare_kafka)
            began = time.monotonic()
        assert time.monotonic() - began < 10.0 * slowness()
