"""Topics of the user's own Kafka that do not keep every message, or have offsets without one."""

import logging
from contextlib import closing

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

from consumer.consumer import store
from shared.errors import ConfigError, StopPart
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.market.messages import encode
from shared.settings.brokers import ClientChoice
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.integration.topic_changes import administrator


def make_topic(desk: Desk, **settings: str) -> None:
    """The topic, made by somebody else before the first start."""
    configs = {name.replace("_", "."): value for name, value in settings.items()}
    with administrator(desk) as client:
        client.create_topics(
            [NewTopic(desk.config.topic(), num_partitions=2, replication_factor=1, topic_configs=configs)]
        )


@pytest.mark.parametrize("policy", ["compact", "compact,delete"])
def test_compacted_topic_is_refused_with_what_to_do(
    policy: str, desk: Desk, each_client: ClientChoice
) -> None:
    """Reported to Apache Druid: a compacted topic keeps the last quote of a symbol and no other."""
    desk.settings["KAFKA_CLIENT"] = each_client
    make_topic(desk, cleanup_policy=policy)
    with pytest.raises(
        ConfigError, match=r"is compacted .*Set its cleanup.policy to delete, or choose another"
    ):
        desk.run_to_its_end(store)


def test_topic_that_forgets_is_read_and_warned_about(
    desk: Desk, each_client: ClientChoice, caplog: pytest.LogCaptureFixture
) -> None:
    """Reported to librdkafka and Apache Pinot: messages were deleted before they were read."""
    desk.settings["KAFKA_CLIENT"] = each_client
    make_topic(desk, retention_ms="604800000")
    desk.publish(quotes(0, 10))
    with desk.at_work(store):
        desk.wait_until_read("storage")
    warned = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert any("deletes old messages (retention.ms=604800000)" in line for line in warned)


def test_topic_that_is_made_here_keeps_every_message(
    desk: Desk, each_client: ClientChoice, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever the broker does by default."""
    desk.settings["KAFKA_CLIENT"] = each_client
    wanted = ConfigResource(ConfigResourceType.TOPIC, desk.log.topic)
    with administrator(desk) as client:
        found = client.describe_configs([wanted])["topic"][desk.log.topic]
    settings = {name: found[name]["value"] for name in ("cleanup.policy", "retention.ms", "retention.bytes")}
    assert settings == {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
    assert [record for record in caplog.records if "deletes old messages" in record.getMessage()] == []


def test_offset_without_a_message_is_named(desk: Desk) -> None:
    """Reported to librdkafka and Burrow: the end of a transaction takes an offset."""
    desk.publish(quotes(0, 5))
    with closing(
        KafkaProducer(**client_settings(desk.config.kafka.brokers), transactional_id="another")
    ) as producer:
        producer.init_transactions()
        producer.begin_transaction()
        for quote in quotes(5, 3):
            producer.send(desk.log.topic, key=b"AAA", value=encode(quote), partition=0)
        producer.commit_transaction()
    desk.publish(quotes(8, 3))
    with pytest.raises(
        StopPart, match=r"no message at offset 8 and continues at 9, .*a producer used transactions"
    ):
        desk.run_to_its_end(store)
