"""What readers and writers promise while members come and go, and while Kafka refuses messages or is restarted."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import count

import psutil
import pytest
from kafka import KafkaAdminClient
from kafka.admin import MemberToRemove

from shared.embedded import Kafka, kill
from shared.embedded.lease import ensure, lease
from shared.errors import Unavailable
from shared.kafka import GroupReader, Log, LogWriter, make_topics
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.settings.brokers import Brokers, ClientChoice
from tests.integration.loop.kafka_members import changed, member, polled, read, write
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE
from tests.waiting import wait_for

SHORTEST_MS = 6_000
"""The shortest session that Kafka allows."""
numbers = count()


@pytest.fixture
def log(embedded_kafka: Brokers, each_client: ClientChoice) -> Log:
    """A topic of two partitions for one of the clients, each with ten messages."""
    made = make_topics(embedded_kafka._replace(client=each_client), f"faults-{next(numbers)}", 2)
    for partition in (0, 1):
        write(made, 10, partition)
    return made


def expel(log: Log, instance: str) -> None:
    """Take a member out of the group, which would keep its place otherwise."""
    with closing(KafkaAdminClient(**client_settings(log.brokers))) as admin:
        admin.remove_group_members(f"group-of-{log.topic}", [MemberToRemove(group_instance_id=instance)])


def require_all_read(reader: GroupReader, offsets: Mapping[int, int]) -> None:
    """Each partition is read from its offset to its end, and nothing else."""
    for partition, offset in offsets.items():
        found = read(reader, partition, offset, 10 - offset)
        assert [each.offset for each in found] == list(range(offset, 10))


def test_partition_that_moves_away_and_back_is_read_from_where_it_is_sought(log: Log) -> None:
    with member(log) as first:
        changed(first)
        require_all_read(first, {0: 0, 1: 0})
        with member(log, "two") as second:
            wait_for(polled({first: {0, 1}, second: set()}, [{0}, {1}]))
        expel(log, "two")
        wait_for(polled({first: set()}, [{0, 1}]))
        require_all_read(first, {0: 4, 1: 7})


@pytest.mark.parametrize("each_client", ["confluent"], indirect=True)
def test_partition_just_assigned_is_not_read_before_it_is_sought(log: Log) -> None:
    with member(log) as reader:
        changed(reader)
        require_all_read(reader, {0: 8})
        write(log, 1, 1)
        assert reader.poll(200, 100) == {}
        require_all_read(reader, {1: 9})


@pytest.mark.variant
def test_member_that_does_not_poll_for_too_long_loses_its_partitions_and_comes_back(
    log: Log, each_client: ClientChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = f"shared.kafka.clients.{each_client.replace('-', '_')}.group"
    for name in ("SESSION_TIMEOUT_MS", "MAX_POLL_INTERVAL_MS"):
        monkeypatch.setattr(f"{module}.{name}", SHORTEST_MS)
    with member(log) as idle:
        changed(idle)
        require_all_read(idle, {0: 0, 1: 0})
        with member(log, "two") as busy:
            wait_for(polled({idle: {0, 1}, busy: set()}, [{0}, {1}]))
            wait_for(polled({busy: set()}, [{0, 1}]))
            owned: dict[GroupReader, set[int]] = {idle: set(), busy: {0, 1}}
            wait_for(polled(owned, [{0}, {1}]))
            (partition,) = owned[idle]
            require_all_read(idle, {partition: 3})


def test_offsets_reported_while_the_group_is_rebalanced_do_no_harm(log: Log) -> None:
    with member(log) as first:
        first.report({0: 1})
        changed(first)
        with member(log, "two") as second:
            share = polled({first: {0, 1}, second: set()}, [{0}, {1}])

            def is_shared() -> bool:
                first.report({0: 3, 1: 4})
                return share()

            wait_for(is_shared)
        expel(log, "two")
        wait_for(polled({first: set()}, [{0, 1}]))
        require_all_read(first, {0: 0, 1: 5})


def test_member_that_was_removed_from_its_group_comes_back(log: Log) -> None:
    with member(log) as reader:
        changed(reader)
        require_all_read(reader, {0: 0, 1: 0})
        expel(log, "one")
        wait_for(polled({reader: set()}, [{0, 1}]))
        require_all_read(reader, {0: 5, 1: 6})


def test_messages_under_way_while_kafka_restarts_are_written_once_and_in_order(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    sent = [b"%2000d" % number for number in range(4_000)]
    with lease(spare_kafka, silent) as record:
        log = make_topics(
            spare_kafka.clients(record.port)._replace(client=each_client), f"restart-{each_client}", 1
        )
        with closing(LogWriter(log)) as writer:
            rounds = (sent[first : first + 500] for first in range(0, 3_500, 500))
            assert any(is_under_way(values, writer, psutil.Process(record.pid)) for values in rounds)
            kill(spare_kafka)
            ensure(spare_kafka, silent)
            for value in sent[writer.sent :]:
                writer.send(0, None, value)
            assert writer.flush(PATIENCE)
        with member(log) as reader:
            changed(reader)
            assert [each.value for each in read(reader, 0, 0, len(sent))] == sent
            assert reader.bounds(0) == (0, len(sent))


def is_under_way(values: Sequence[bytes], writer: LogWriter, broker: psutil.Process) -> bool:
    """Send one message, then several batches while the broker stands still, and let it acknowledge the first of them;
    whether others are outstanding then."""
    first, *others = values
    writer.send(0, None, first)
    assert writer.flush(PATIENCE)
    broker.suspend()
    try:
        for value in others:
            writer.send(0, None, value)
            writer.mark()
    finally:
        broker.resume()
    assert writer.settle(PATIENCE)
    return writer.outstanding() > 0


@pytest.mark.parametrize("each_client", ["confluent"], indirect=True)
def test_writer_without_kafka_holds_a_limited_number_of_messages(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    with lease(spare_kafka, silent) as record:
        log = make_topics(
            spare_kafka.clients(record.port)._replace(client=each_client), f"full-{each_client}", 1
        )
        with closing(LogWriter(log)) as writer:
            assert writer.append(0, b"key", b"value", PATIENCE) == 0
            kill(spare_kafka)
            with pytest.raises(Unavailable):
                for _ in range(200):
                    writer.send(0, None, bytes(500_000))
