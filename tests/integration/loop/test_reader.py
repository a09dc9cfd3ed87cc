"""A broker that dies or does not answer is reported; every wait for it is bounded."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

import psutil
import pytest

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from shared.consumer_loop.fold import LoopOptions
from shared.consumer_loop.loop import ConsumerLoop
from shared.consumer_loop.offsets import GroupOnTopic
from shared.embedded import Kafka, kill
from shared.embedded.lease import lease
from shared.errors import Unavailable
from shared.kafka import GroupReader, LogWriter, make_topics, open_log
from shared.kafka.clients.python_group import PythonGroup
from shared.kafka.fetch_pace import SILENCE
from shared.kafka.log_reader import TAIL_WINDOW
from shared.postgres.database import connect
from shared.settings.brokers import ClientChoice
from tests.integration.desk import Desk
from tests.integration.servers.server_user import silent
from tests.reports.log.older_log import delete_before, quotes
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def has_socket_to(port: int) -> bool:
    """Whether this process has a connection to the port."""
    return any(each.raddr and each.raddr.port == port for each in psutil.Process().net_connections())


def client_threads() -> set[threading.Thread]:
    """The threads of Kafka clients that run in this process."""
    return {each for each in threading.enumerate() if each.name.startswith("kafka")}


def test_kafka_that_stops_while_the_log_is_read_ends_the_reading(spare_kafka: Kafka) -> None:
    with lease(spare_kafka, silent) as record:
        log = make_topics(spare_kafka.clients(record.port), "looked-into", 1)
        with closing(LogWriter(log)) as writer:
            for number in range(3 * TAIL_WINDOW):
                writer.send(0, None, b"%d" % number)
            assert writer.flush(PATIENCE)
        with open_log(log) as log_reader:
            messages = log_reader.backwards(0)
            last = [next(messages).value for _ in range(TAIL_WINDOW)]
            assert last[0] == b"%d" % (3 * TAIL_WINDOW - 1)
            kill(spare_kafka)
            with pytest.raises(Unavailable):
                list(messages)


@contextmanager
def looped(desk: Desk) -> Iterator[tuple[ConsumerLoop, GroupReader]]:
    """A loop that has read ten quotes, and its reader."""
    desk.publish(quotes(0, 10))
    reading = GroupOnTopic("group", desk.log.topic)
    with (
        closing(connect(desk.database(), "test")) as connection,
        closing(GroupReader(desk.log, "group", "one")) as reader,
        closing(
            ConsumerLoop(
                desk.log, reading, reader, connection, Storage(DeadLetterTopic(desk.log)), LoopOptions()
            )
        ) as loop,
    ):
        wait_for(lambda: stepped(loop).handled == 10)
        yield loop, reader


def stepped(loop: ConsumerLoop) -> ConsumerLoop:
    """The loop after one more step."""
    loop.step()
    return loop


def test_client_that_fetches_no_more_is_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario: Kafka was killed and came back; the client stayed in its group, and never received a message again."""
    monkeypatch.setattr("shared.consumer_loop.idle_checks.UNANSWERED_SECONDS", 3.0)
    with looped(desk) as (loop, reader):
        fetch_no_more(reader)
        with pytest.raises(Unavailable, match="has sent no message of topic"):
            wait_for(lambda: stepped(loop).handled > 10)


def test_loop_waits_on_after_retention_has_removed_the_last_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Report: on a quiet weekend, with a Kafka that keeps messages for a day, a part failed every half minute."""
    monkeypatch.setattr("shared.consumer_loop.idle_checks.UNANSWERED_SECONDS", 0.5)
    with looped(desk) as (loop, _):
        delete_before(desk, 10)
        for _ in range(10):
            assert stepped(loop).handled == 10
        desk.publish(quotes(10, 1))
        wait_for(lambda: stepped(loop).handled == 11)


def fetch_no_more(reader: GroupReader) -> None:
    """Make the client of a reader behave as one that stays in its group and fetches nothing."""
    client: Any = reader._client
    assigned = client._consumer.assignment()
    if isinstance(client, PythonGroup):
        client._consumer.pause(*assigned)
    else:
        client._consumer.pause(assigned)


def test_broker_lets_a_reader_wait_while_no_message_comes(desk: Desk) -> None:
    desk.settings["KAFKA_CLIENT"] = "kafka-python"
    desk.publish(quotes(0, 10))
    with closing(GroupReader(desk.log, "group", "one")) as reader:
        client = cast(PythonGroup, reader._client)

        def slowest_answer() -> float:
            reader.poll(200, 100)
            fetches = client._consumer.metrics()["consumer-fetch-manager-metrics"]
            return float(fetches["fetch-latency-max"])

        wait_for(lambda: slowest_answer() > 0.8 * SILENCE.milliseconds)
        desk.publish(quotes(10, 11))
        wait_for(lambda: bool(reader.poll(200, 100)))


def test_lag_is_returned_or_refused_within_a_limited_time(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    with lease(spare_kafka, silent) as record:
        log = make_topics(spare_kafka.clients(record.port)._replace(client=each_client), "lagging", 1)
        with closing(GroupReader(log, "group", "one")) as reader:
            assert reader.lag() == 0
            kill(spare_kafka)
            asked = threading.Thread(target=reader.lag, daemon=True)
            asked.start()
            asked.join(PATIENCE)
            assert not asked.is_alive()


def test_reader_that_can_not_join_leaves_no_thread_and_no_socket(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    with lease(spare_kafka, silent) as record:
        log = make_topics(spare_kafka.clients(record.port)._replace(client=each_client), "joined", 1)
        before = client_threads()
        with pytest.raises(Unavailable):
            GroupReader(log._replace(topic="missing"), "group", "one")
        # The watch of the lease opens a socket of its own for a moment.
        wait_for(lambda: client_threads() <= before and not has_socket_to(record.port))
