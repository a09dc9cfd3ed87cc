"""What readers and writers promise, with each Kafka client."""

import time
from contextlib import closing
from itertools import count

import pytest

from shared.embedded import Kafka, kill
from shared.embedded.lease import lease
from shared.errors import PartitionLost, Unavailable
from shared.kafka import GroupReader, Log, LogWriter, make_topics, open_log
from shared.kafka.connection import DEAD_LETTER_BYTES
from shared.settings.brokers import Brokers, ClientChoice
from tests.integration.loop.kafka_members import changed, member, polled, read, write
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE, slowness
from tests.waiting import wait_for

Written = list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]]
WRITTEN: Written = [
    (b"key", b"value", []),
    (b"key", None, []),
    (b"", b"", [("offset", b"12"), ("reason", b"\xff")]),
    (b"key", b"last", [("empty", b"")]),
]
numbers = count()


@pytest.fixture(params=["confluent", "kafka-python"])
def both_clients(request: pytest.FixtureRequest) -> ClientChoice:
    """Each Kafka client, one after the other, in every run: `each_client` gives the default one alone."""
    client: ClientChoice = request.param
    if client == "confluent":
        pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    return client


@pytest.fixture
def log(embedded_kafka: Brokers, both_clients: ClientChoice) -> Log:
    """A topic of two partitions for one of the clients."""
    return make_topics(embedded_kafka._replace(client=both_clients), f"clients-{next(numbers)}", 2)


def test_messages_are_read_as_they_were_written(log: Log) -> None:
    with closing(LogWriter(log)) as writer:
        for key, value, headers in WRITTEN:
            writer.send(1, key, value, headers or None)
        assert writer.flush(PATIENCE)
    with member(log) as reader:
        assert changed(reader) == ({0, 1}, set())
        found = read(reader, 1, 0, len(WRITTEN))
    assert [(each.key, each.value, list(each.headers)) for each in found] == WRITTEN
    with open_log(log) as log_reader:
        shown = [(each.offset, each.timestamp) for each in log_reader.backwards(1)]
    assert [(each.offset, each.timestamp) for each in found] == shown[::-1]


def test_reader_continues_exactly_where_it_seeks(log: Log) -> None:
    write(log, 500)
    with member(log) as reader:
        changed(reader)
        for offset, wanted in ((0, 500), (499, 1), (3, 20), (250, 100), (0, 1), (400, 100)):
            found = read(reader, 0, offset, wanted)
            assert [each.offset for each in found] == list(range(offset, offset + wanted))
            assert [each.value for each in found] == [b"%d" % each.offset for each in found]
            assert reader.lag() == 500 - offset - wanted
        assert reader.bounds(0) == (0, 500)


def test_each_of_two_members_gets_a_partition(log: Log) -> None:
    write(log, 10, partition=0)
    write(log, 10, partition=1)
    with member(log) as first:
        assert changed(first) == ({0, 1}, set())
        with member(log, "two") as second:
            owned = {first: {0, 1}, second: set[int]()}
            wait_for(polled(owned, [{0}, {1}]))
            for reader, (partition,) in owned.items():
                assert len(read(reader, partition, 0, 10)) == 10


@pytest.mark.parametrize("both_clients", ["confluent"], indirect=True)
def test_member_whose_name_another_process_takes_is_fenced(log: Log) -> None:
    """With kafka-python the next commit finds that out, by the offsets in the database."""
    with member(log) as first:
        changed(first)
        with (
            member(log) as second,
            pytest.raises(PartitionLost, match="another process joined the group as this instance"),
        ):
            wait_for(lambda: bool(second.poll(20, 100)) or bool(first.poll(20, 100)))


def test_member_that_read_another_topic_a_moment_ago_reads_this_one(log: Log) -> None:
    """The group would return the partitions of the earlier topic to a static member."""
    other = make_topics(log.brokers, log.topic + ".other", 2)
    write(other, 3)
    with closing(GroupReader(log, "shared-group", "one")) as reader:
        changed(reader)
    with closing(GroupReader(other, "shared-group", "one")) as reader:
        wait_for(lambda: changed(reader)[0] == {0, 1})
        assert len(read(reader, 0, 0, 3)) == 3


def test_writer_tells_where_its_messages_are(log: Log) -> None:
    write(log, 7, partition=1)
    with closing(LogWriter(log)) as writer:
        assert writer.append(1, b"key", b"value", PATIENCE) == 7
        assert writer.append(0, b"key", b"value", PATIENCE) == 0
        assert writer.append(1, b"key", b"value", PATIENCE) == 8
        assert writer.first_offsets() == {0: 0, 1: 7}
        assert (writer.outstanding(), writer.sent, writer.acknowledged) == (0, 3, 3)


def test_message_that_kafka_refuses_is_reported(log: Log) -> None:
    with closing(LogWriter(log)) as writer, pytest.raises(Unavailable, match=r"Kafka at .*:\d+"):
        writer.send(0, None, bytes(DEAD_LETTER_BYTES // 2))
        writer.flush(PATIENCE)


def test_large_messages_are_read_as_they_were_written(log: Log) -> None:
    """As large as Kafka allows by default, and more of them than a fetch returns."""
    large = [bytes([number]) * 1_000_000 for number in range(9)]
    with closing(LogWriter(log)) as writer, member(log) as reader:
        for value in large:
            writer.send(0, b"key", value)
        assert writer.flush(PATIENCE)
        changed(reader)
        assert [each.value for each in read(reader, 0, 0, len(large))] == large


def test_clients_of_a_kafka_that_died_end_soon(spare_kafka: Kafka, both_clients: ClientChoice) -> None:
    with lease(spare_kafka, silent) as record:
        log = make_topics(
            spare_kafka.clients(record.port)._replace(client=both_clients), f"dying-{both_clients}", 1
        )
        reader, writer = GroupReader(log, "group", "one"), LogWriter(log)
        changed(reader)
        assert writer.append(0, b"key", b"value", PATIENCE) == 0
        kill(spare_kafka)
        reader.report({0: 1})
        writer.send(0, None, b"under way")
        assert not writer.flush(0.1)
        began = time.monotonic()
        writer.close()
        reader.close()
        assert time.monotonic() - began < 10.0 * slowness()
