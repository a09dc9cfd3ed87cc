"""What the administrator of a Kafka does to the topic of a desk."""

from contextlib import closing

from kafka import KafkaAdminClient, TopicPartition

from shared.kafka.clients.kafka_python.settings import client_settings
from tests.integration.desk import Desk
from tests.waiting import wait_for


def administrator(desk: Desk) -> "closing[KafkaAdminClient]":
    """Of the desk's Kafka, logged out at the end."""
    return closing(KafkaAdminClient(**client_settings(desk.config.kafka.brokers)))


def delete_topic(desk: Desk) -> None:
    """Take the topic away."""
    with administrator(desk) as admin:
        admin.delete_topics([desk.config.topic()])
        wait_for(lambda: desk.config.topic() not in admin.list_topics())


def delete_before(desk: Desk, offset: int, partition: int = 0) -> None:
    """What a retention does."""
    with administrator(desk) as admin:
        admin.delete_records({TopicPartition(desk.config.topic(), partition): offset})


def add_partitions(desk: Desk, count: int) -> None:
    """Raise the number of partitions of the desk's topic."""
    with administrator(desk) as admin:
        admin.create_partitions({desk.config.topic(): count})
    wait_for(lambda: desk.log.partitions == count)
