"""Two members of one group: partitions move from one to the other, and the one that lost them can't write any more."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError

from consumer.consumer import store
from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from consumer.tables import make_day
from shared.consumer_loop.fold import LoopOptions
from shared.consumer_loop.loop import ConsumerLoop
from shared.errors import PartitionLost
from shared.kafka import GroupReader
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.progress.offsets import GroupOnTopic, OffsetStep, advance, begin, hold
from shared.settings.brokers import ClientChoice
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.integration.loop.loop_steps import handled
from tests.integration.topic_changes import administrator
from tests.slowness import PATIENCE
from tests.waiting import wait_for

Two = tuple[Connection, Connection]


@pytest.fixture
def two(desk: Desk) -> Iterator[Two]:
    """The connections of two members."""
    dsn = desk.database()
    with closing(connect(dsn, "one")) as one, closing(connect(dsn, "other")) as other:
        yield one, other


def test_the_offset_moves_only_from_where_the_member_believes_it_to_be(two: Two) -> None:
    zombie, successor = two
    reading = GroupOnTopic("group", "topic")
    for connection in two:
        with transaction(connection) as cursor:
            assert begin(cursor, reading, 0, 0) == 0
    with transaction(successor) as cursor:
        advance(cursor, reading, [OffsetStep(0, expected=0, reached=3, quotes=3)])
    with pytest.raises(PartitionLost), transaction(zombie) as cursor:
        make_day(cursor, 19_000)
        advance(cursor, reading, [OffsetStep(0, expected=0, reached=5, quotes=5)])
    with pytest.raises(PartitionLost), transaction(zombie) as cursor:
        hold(cursor, reading, 0, 0)
    with transaction(zombie) as cursor:
        assert begin(cursor, reading, 0, 0) == 3
        cursor.execute("select count(*) from pg_inherits where inhparent = 'quotes'::regclass")
        assert cursor.fetchall() == [(0,)]


def test_one_of_two_that_write_at_once_waits_for_the_other_and_gives_way(two: Two) -> None:
    reading = GroupOnTopic("group", "topic")
    zombie, successor = two
    with transaction(successor) as cursor:
        begin(cursor, reading, 0, 0)
    step = OffsetStep(0, expected=0, reached=1, quotes=1)
    found: list[type[BaseException]] = []

    def write() -> None:
        try:
            with transaction(zombie) as cursor:
                advance(cursor, reading, [step])
        except PartitionLost as error:
            found.append(type(error))

    late = threading.Thread(target=write)
    with transaction(successor) as cursor:
        advance(cursor, reading, [step])
        late.start()
        wait_for(lambda: waits(cursor))
    late.join(PATIENCE)
    assert found == [PartitionLost]


def waits(cursor: Cursor) -> bool:
    """Whether somebody waits for a lock of this transaction."""
    cursor.execute(
        "select exists (select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid)))"
    )
    return cursor.fetchone() == (True,)


def test_a_resumed_member_that_lost_its_partition_writes_nothing(desk: Desk) -> None:
    """It read its messages before it lost the partition, and its successor has written them meanwhile."""
    desk.publish(quotes(0, 10))
    reading = GroupOnTopic(f"{desk.config.kafka.group_id}-quotes", desk.log.topic)
    with closing(connect(desk.database(), "zombie")) as connection:
        reader = GroupReader(desk.log, "a group of its own", "zombie")
        storage = Storage(DeadLetterTopic(desk.log))
        loop = ConsumerLoop(desk.log, reading, reader, connection, storage, LoopOptions())
        wait_for(lambda: handled(loop) > 0 or bool(desk.rows("select from progress")))
        assert loop.handled == 0
        with desk.at_work(store):
            desk.wait_until_read("storage")
        with pytest.raises(PartitionLost):
            wait_for(lambda: handled(loop) > 0)
        loop.close()
        reader.close()
    assert desk.rows("select count(*) from quotes") == [(10,)]


def test_two_members_that_reach_a_new_day_at_once_create_its_table_once(two: Two) -> None:
    one, other = two
    late = threading.Thread(target=make_new_day, args=(other,))
    with transaction(one) as cursor:
        make_day(cursor, 19_000)
        late.start()
        wait_for(lambda: waits(cursor))
    late.join(PATIENCE)
    with transaction(other) as cursor:
        cursor.execute("select count(*) from pg_inherits where inhparent = 'quotes'::regclass")
        assert cursor.fetchall() == [(1,)]


def make_new_day(connection: Connection) -> None:
    """Meet the day in a transaction of its own."""
    with transaction(connection) as cursor:
        make_day(cursor, 19_000)


def test_the_very_first_assignment_of_a_group_holds_every_partition(
    desk: Desk, each_client: ClientChoice
) -> None:
    """One made before the topic is known would be empty, and returned to every restart of its member permanently."""
    desk.settings["KAFKA_CLIENT"] = each_client
    with administrator(desk) as admin:
        for group in ("one", "two", "three", "four", "five"):
            with closing(GroupReader(desk.log, f"{group}-{each_client}", "first")) as reader:
                members = first_members(reader, admin, f"{group}-{each_client}")
            assigned = [member["member_assignment"]["assigned_partitions"] for member in members]
            assert assigned == [[{"topic": desk.log.topic, "partitions": [0, 1]}]]


def test_a_member_that_has_joined_stays(desk: Desk, each_client: ClientChoice) -> None:
    """It has nothing new to learn of the topic then, for which it would join a second time."""
    desk.settings["KAFKA_CLIENT"] = each_client
    desk.publish(quotes(0, 1))
    for group in ("six", "seven", "eight"):
        with closing(GroupReader(desk.log, f"{group}-{each_client}", "first")) as reader:
            take_up(reader)
            wait_for(lambda reader=reader: reader.poll(10, 10) != {})  # type: ignore[misc]
            desk.publish(quotes(1, 1))
            wait_for(lambda reader=reader: reader.poll(10, 10) != {})  # type: ignore[misc]
            assert reader.take_changes() == (set(), set())


def take_up(reader: GroupReader) -> None:
    """Poll until both partitions are assigned, and read them from their beginning."""
    changes: list[tuple[set[int], set[int]]] = []

    def is_assigned() -> bool:
        reader.poll(10, 10)
        changes.append(reader.take_changes())
        return changes[-1] == ({0, 1}, set())

    wait_for(is_assigned)
    for partition in (0, 1):
        reader.seek(partition, 0)


def first_members(reader: GroupReader, admin: KafkaAdminClient, group: str) -> list[dict[str, Any]]:
    """The members as the group is settled for the first time, while the reader polls."""
    found: list[dict[str, Any]] = []

    def settled() -> bool:
        reader.poll(1, 10)
        found.extend(members_of(admin, group))
        return found != []

    wait_for(settled)
    return found


def members_of(admin: KafkaAdminClient, group: str) -> list[dict[str, Any]]:
    """The members of a group that is settled."""
    try:
        found = admin.describe_groups([group])[group]
    except CoordinatorNotAvailableError:
        return []
    return list(found["members"]) if found["group_state"] == "Stable" else []


def test_a_member_that_is_frozen_loses_its_partitions_and_comes_back_without_a_double_row(
    desk: Desk, each_client: ClientChoice
) -> None:
    desk.settings["KAFKA_CLIENT"] = each_client
    desk.publish(quotes(0, 100), partition=0)
    desk.publish(quotes(100, 100, symbol="ACME"), partition=1)
    first = desk.start("storage")
    try:
        wait_for(lambda: desk.has_read("storage", 200))
        replace_while_frozen(desk, first)
        desk.publish(quotes(500, 100, symbol="ACME"), partition=1)
        wait_for(lambda: desk.has_read("storage", 600))
        first.terminate()
        _, errors = first.communicate(timeout=PATIENCE)
    finally:
        first.kill()
    assert "Traceback" not in errors
    stored = desk.rows("select position from quotes order by position")
    assert [position for (position,) in stored] == list(range(600))


def replace_while_frozen(desk: Desk, first: "subprocess.Popen[str]") -> None:
    """Freeze a member until another one has taken over its partitions; then both read on for a while."""
    first.send_signal(signal.SIGSTOP)
    desk.publish(quotes(200, 100), partition=0)
    with desk.at_work(store):
        wait_for(lambda: desk.has_read("storage", 300))
        first.send_signal(signal.SIGCONT)
        desk.publish(quotes(300, 100), partition=0)
        desk.publish(quotes(400, 100, symbol="ACME"), partition=1)
        wait_for(lambda: desk.has_read("storage", 500))
        assert first.poll() is None
