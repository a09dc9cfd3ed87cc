"""Chooses the Kafka client of readers, writers and topics.

confluent-kafka takes a quarter of the CPU time but is not built for every platform; kafka-python runs everywhere.
Only the one that is used is imported: each takes memory and time at the start of every part.
"""

from importlib.util import find_spec

from shared.errors import ConfigError
from shared.kafka.clients.calls import AdminClient, GroupClient, Member, RangeClient, Rebalance, WriterClient
from shared.kafka.connection import SCRAM, Log
from shared.settings.brokers import Brokers, ClientChoice

PACKAGE = "confluent_kafka"


def group_client(member: Member, rebalance: Rebalance) -> GroupClient:
    """A member of a consumer group. Raises Unavailable."""
    if uses_confluent(member.log.brokers.client):
        from shared.kafka.clients.confluent.group import ConfluentGroup

        return ConfluentGroup(member, rebalance)
    from shared.kafka.clients.kafka_python.group import PythonGroup

    return PythonGroup(member, rebalance)


def writer_client(log: Log) -> WriterClient:
    """A writer to a topic. Raises Unavailable."""
    if uses_confluent(log.brokers.client):
        from shared.kafka.clients.confluent.writer import ConfluentWriter

        return ConfluentWriter(log)
    from shared.kafka.clients.kafka_python.writer import PythonWriter

    return PythonWriter(log)


def range_client(log: Log) -> RangeClient:
    """A reader of exact ranges of a topic. Raises Unavailable."""
    if uses_confluent(log.brokers.client):
        from shared.kafka.clients.confluent.ranges import ConfluentRanges

        return ConfluentRanges(log)
    from shared.kafka.clients.kafka_python.ranges import PythonRanges

    return PythonRanges(log)


def admin_client(brokers: Brokers, mechanism: str = SCRAM) -> AdminClient:
    """A client for topics and logins, logged in with this SASL mechanism. Raises Unavailable."""
    if uses_confluent(brokers.client):
        from shared.kafka.clients.confluent.admin import ConfluentAdmin

        return ConfluentAdmin(brokers, mechanism)
    from shared.kafka.clients.kafka_python.admin import PythonAdmin

    return PythonAdmin(brokers, mechanism)


def uses_confluent(choice: ClientChoice) -> bool:
    """Whether to use confluent-kafka. Raises ConfigError if it is wanted but not installed."""
    is_installed = find_spec(PACKAGE) is not None
    if choice == "confluent" and not is_installed:
        raise ConfigError(
            "KAFKA_CLIENT=confluent: the package confluent-kafka is not installed. Install it, or set auto."
        )
    return is_installed and choice != "kafka-python"
