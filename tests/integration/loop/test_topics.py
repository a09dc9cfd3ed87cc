"""Topics are made and looked up alike with each Kafka client."""

import socket
import time
from contextlib import closing
from itertools import count

import pytest
from kafka import KafkaAdminClient

from shared.errors import StopPart, Unavailable
from shared.kafka import DEAD_LETTER_SUFFIX, Log, make_lease_topic, make_topics, require_topic
from shared.kafka.clients.choice import admin_client
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.kafka.connection import CONNECT_TIMEOUT_MS
from shared.settings.brokers import Brokers, ClientChoice
from tests.slowness import slowness
from tests.waiting import wait_for

CLIENTS: tuple[ClientChoice, ...] = ("confluent", "kafka-python")
numbers = count()


@pytest.fixture
def log(embedded_kafka: Brokers, each_client: ClientChoice) -> Log:
    """A topic of two partitions, made by one of the clients."""
    return make_topics(embedded_kafka._replace(client=each_client), f"topics-{next(numbers)}", 2)


def administrator(brokers: Brokers) -> "closing[KafkaAdminClient]":
    """Of the broker, logged out at the end."""
    return closing(KafkaAdminClient(**client_settings(brokers)))


def test_topic_has_one_id_and_one_cluster_whichever_client_asks(embedded_kafka: Brokers) -> None:
    """They are stored in the database, which is used with the other client at the next start."""
    pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    found = set()
    for made_by in CLIENTS:
        for number in range(4):
            topic = f"one-id-{made_by}-{number}"
            first, *others = [
                make_topics(embedded_kafka._replace(client=client), topic, 2)._replace(brokers=embedded_kafka)
                for client in (made_by, *CLIENTS)
            ]
            assert others == [first, first]
            found.add(first.topic_id)
    assert len(found) == 8


def test_topic_made_before_keeps_its_partitions_and_its_dead_letters_have_as_many(log: Log) -> None:
    assert make_topics(log.brokers, log.topic, 5) == log
    with closing(admin_client(log.brokers)) as admin:
        dead = admin.topic(log.topic + DEAD_LETTER_SUFFIX)
    assert dead is not None
    assert (dead.partitions, dead.has_leaders) == (2, True)


def test_settings_of_made_topics_are_those_that_were_wanted(log: Log) -> None:
    names = (
        "cleanup.policy",
        "retention.ms",
        "message.timestamp.type",
        "max.message.bytes",
        "no.such.setting",
    )
    topics = (log.topic, log.topic + DEAD_LETTER_SUFFIX, make_lease_topic(log).topic)
    with closing(admin_client(log.brokers)) as admin:
        found = [[*(admin.settings(topic, names) or {}).values()] for topic in topics]
    assert found == [
        ["delete", "-1", "LogAppendTime", "1048588"],
        ["delete", "-1", "LogAppendTime", "4194304"],
        ["compact", "-1", "LogAppendTime", "1048588"],
    ]


def test_topic_that_another_program_made_a_moment_ago_is_used(log: Log) -> None:
    with closing(admin_client(log.brokers)) as admin:
        admin.create(log.topic, 3, {})
        assert admin.topic(log.topic) == (log.topic_id, 2, True)


def test_topic_that_can_not_be_made_is_reported(log: Log) -> None:
    with pytest.raises(Unavailable, match=f"Kafka at {log.bootstrap}: .*[Ii]nvalid"):
        make_topics(log.brokers, "not a name", 1)


def test_looking_for_a_topic_does_not_make_it(log: Log) -> None:
    with closing(admin_client(log.brokers)) as admin:
        assert admin.topic("looked-for") is None
        assert admin.topic("looked-for") is None
    with pytest.raises(StopPart, match="no longer has a topic looked-for"):
        require_topic(log._replace(topic="looked-for"))


def test_topic_that_was_replaced_or_has_more_partitions_is_noticed(log: Log) -> None:
    def is_different() -> bool:
        require_topic(log)
        return False

    require_topic(log)
    with administrator(log.brokers) as admin:
        admin.create_partitions({log.topic: 3})
        with pytest.raises(Unavailable, match="has 3 partitions now"):
            wait_for(is_different)
        admin.delete_topics([log.topic])
        wait_for(lambda: log.topic not in admin.list_topics())
    make_topics(log.brokers, log.topic, 2)
    with pytest.raises(StopPart, match="was deleted and created again"):
        require_topic(log)


def test_broker_that_does_not_answer_is_reported_soon(each_client: ClientChoice) -> None:
    """Its port is open, so a client would wait."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        brokers = Brokers(f"127.0.0.1:{mute.getsockname()[1]}", "user", "password", each_client)
        began = time.monotonic()
        with pytest.raises(Unavailable, match=f"Kafka at {brokers.bootstrap}"):
            make_topics(brokers, "asked", 1)
        assert time.monotonic() - began < 2 * CONNECT_TIMEOUT_MS / 1000 * slowness()


def test_port_without_a_broker_is_reported_at_once(each_client: ClientChoice) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(Unavailable, match="accepts no connection"):
        make_topics(Brokers(f"127.0.0.1:{port}", client=each_client), "asked", 1)
