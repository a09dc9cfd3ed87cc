"""A broker that dies or does not answer is reported; every wait for it is bounded."""

import threading
from contextlib import closing
from typing import Any, cast

import psutil
import pytest

from shared.consumer_loop.bookmark import Bookmark, LogPartition
from shared.consumer_loop.comparison import LogComparison
from shared.consumer_loop.idle_checks import IdleChecks
from shared.embedded import Kafka, kill
from shared.embedded.lease import lease
from shared.errors import Unavailable
from shared.kafka import GroupReader, LogWriter, make_topics, open_log
from shared.kafka.clients.kafka_python.group import PythonGroup
from shared.kafka.fetch_pace import SILENCE
from shared.kafka.log_reader import TAIL_WINDOW
from shared.progress.epochs import NO_EPOCH, EpochTracker
from shared.settings.brokers import ClientChoice
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.integration.loop.kafka_members import changed, member, read, write
from tests.integration.loop.loop_steps import handled, looped
from tests.integration.servers.server_user import silent
from tests.integration.topic_changes import delete_before
from tests.slowness import PATIENCE, slowness
from tests.waiting import wait_for

LAG_SECONDS = 10.0
"""Within which the lag is given or refused on a free machine."""


def has_socket_to(port: int) -> bool:
    """Whether this process has a connection to the port."""
    return any(each.raddr and each.raddr.port == port for each in psutil.Process().net_connections())


def client_threads() -> set[threading.Thread]:
    """The threads of Kafka clients that run in this process."""
    return {each for each in threading.enumerate() if each.name.startswith("kafka")}


def test_kafka_that_stops_while_the_log_is_read_ends_the_reading(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    with lease(spare_kafka, silent) as record:
        brokers = spare_kafka.clients(record.port)._replace(client=each_client)
        log = make_topics(brokers, f"looked-into-{each_client}", 1)
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


def test_client_that_fetches_no_more_is_replaced(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario: Kafka was killed and came back; the client stayed in its group, and never received a message again."""
    monkeypatch.setattr("shared.consumer_loop.idle_checks.UNANSWERED_SECONDS", 3.0)
    desk.publish(quotes(0, 10))
    with looped(desk, first=10) as (loop, reader):
        fetch_no_more(reader)
        desk.publish(quotes(10, 1))
        with pytest.raises(Unavailable, match="has sent no message of topic"):
            wait_for(lambda: handled(loop) > 10)


def test_a_message_is_withheld_only_if_two_checks_find_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One may come between the poll and the check."""
    for limit in ("QUIET_SECONDS", "UNANSWERED_SECONDS"):
        monkeypatch.setattr(f"shared.consumer_loop.idle_checks.{limit}", -1.0)
    bookmark = Bookmark(LogPartition(desk.log.topic, 0), 0, 0, None, EpochTracker(NO_EPOCH, 0))
    with closing(LogComparison(desk.log)) as comparison:
        checks = IdleChecks(desk.log, comparison, {0: bookmark})
        desk.publish(quotes(0, 1))
        for _ in range(2):
            checks.check()
            checks.note_messages()
        checks.check()
        with pytest.raises(Unavailable, match="has sent no message of topic"):
            checks.check()


def test_loop_waits_on_after_retention_has_removed_the_last_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Report: on a quiet weekend, with a Kafka that keeps messages for a day, a part failed every half minute."""
    monkeypatch.setattr("shared.consumer_loop.idle_checks.UNANSWERED_SECONDS", 0.5)
    monkeypatch.setattr("shared.consumer_loop.idle_checks.QUIET_SECONDS", 1.0)
    desk.publish(quotes(0, 10))
    with looped(desk, first=10) as (loop, _):
        delete_before(desk, 10)
        for _ in range(15):
            assert handled(loop) == 10
        desk.publish(quotes(10, 1))
        wait_for(lambda: handled(loop) == 11)


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


def test_lag_of_a_kafka_that_died_is_the_last_one_known_or_refused_soon(
    spare_kafka: Kafka, each_client: ClientChoice
) -> None:
    found: list[int | type[Unavailable]] = []

    def ask() -> None:
        try:
            found.append(reader.lag())
        except Unavailable:
            found.append(Unavailable)

    with lease(spare_kafka, silent) as record:
        brokers = spare_kafka.clients(record.port)._replace(client=each_client)
        log = make_topics(brokers, f"lagging-{each_client}", 1)
        write(log, 10)
        with member(log) as reader:
            changed(reader)
            read(reader, 0, 0, 4)
            assert reader.lag() == 6
            kill(spare_kafka)
            asked = threading.Thread(target=ask, daemon=True)
            asked.start()
            asked.join(LAG_SECONDS * slowness())
    assert found in ([6], [Unavailable])


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
