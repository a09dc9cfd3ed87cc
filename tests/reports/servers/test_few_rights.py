"""Scenario: the administrator of a Kafka allows Tickstream to create, read and write its topics, and nothing else."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from shared.embedded import Kafka
from shared.embedded.kafka.login import ADMINISTRATOR, USER, administrator
from shared.embedded.kafka.server import SETTINGS
from shared.embedded.lease import lease
from shared.errors import Unavailable
from shared.kafka import make_topics, open_log
from shared.kafka.clients.choice import admin_client
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.kafka.connection import PLAIN
from shared.settings.brokers import Brokers, ClientChoice
from tests.integration.loop.kafka_members import write
from tests.integration.servers.server_user import silent
from tests.waiting import wait_for

PREFIX = "allowed-"
ALLOWED = (ACLOperation.CREATE, ACLOperation.READ, ACLOperation.WRITE)


def allow(brokers: Brokers) -> None:
    """Allow the clients what they need for topics whose names begin like this."""
    topics = ResourcePattern(ResourceType.TOPIC, PREFIX, ACLResourcePatternType.PREFIXED)
    allowed = [ACL(f"User:{USER}", "*", each, ACLPermissionType.ALLOW, topics) for each in ALLOWED]
    with closing(KafkaAdminClient(**client_settings(brokers, PLAIN))) as admin:
        admin.create_acls(allowed)


@pytest.fixture
def guarded(spare_kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> Iterator[Brokers]:
    """A Kafka that allows only what it was told to allow."""
    monkeypatch.setitem(
        SETTINGS, "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
    )
    monkeypatch.setitem(SETTINGS, "super.users", f"User:{ADMINISTRATOR}")
    with lease(spare_kafka, silent) as record:
        allow(administrator(spare_kafka.settings, record.port))
        yield spare_kafka.clients(record.port)


def is_made(brokers: Brokers, topic: str) -> bool:
    """Whether the broker knows by now what is allowed."""
    try:
        make_topics(brokers, topic, 1)
    except Unavailable:
        return False
    return True


def test_log_is_used_though_the_settings_of_its_topics_are_not_shown(
    guarded: Brokers, each_client: ClientChoice
) -> None:
    brokers, topic = guarded._replace(client=each_client), PREFIX + each_client
    wait_for(lambda: is_made(brokers, topic))
    log = make_topics(brokers, topic, 1)
    with closing(admin_client(brokers)) as admin:
        assert admin.settings(topic, ["cleanup.policy"]) is None
    write(log, 3)
    with open_log(log) as reader:
        assert [message.offset for message in reader.backwards(0)] == [2, 1, 0]
        assert reader.ends() == {0: 3}


def test_topic_that_is_not_allowed_is_reported(guarded: Brokers, each_client: ClientChoice) -> None:
    with pytest.raises(Unavailable, match=r"(?i)topic.*authorization.*failed"):
        make_topics(guarded._replace(client=each_client), "not-allowed", 1)
