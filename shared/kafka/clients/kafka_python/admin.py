"""Topics and logins with kafka-python."""

import logging
from collections.abc import Collection, Mapping

from kafka import KafkaAdminClient
from kafka.admin import (
    ConfigResource,
    ConfigResourceType,
    NewTopic,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import AuthorizationError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from shared.errors import Unavailable
from shared.kafka.clients.calls import Topic
from shared.kafka.clients.kafka_python.settings import client_settings, kafka_errors
from shared.settings.brokers import Brokers

log = logging.getLogger("tickstream.kafka")


class PythonAdmin:
    """See `AdminClient`."""

    def __init__(self, brokers: Brokers, mechanism: str) -> None:
        self._bootstrap = brokers.bootstrap
        with kafka_errors(self._bootstrap):
            self._admin = KafkaAdminClient(**client_settings(brokers, mechanism))

    def topic(self, name: str) -> Topic | None:
        """See `AdminClient`."""
        with kafka_errors(self._bootstrap):
            (found,) = self._admin.describe_topics([name])
            if found["error_code"] == UnknownTopicOrPartitionError.errno:
                return None
            if found["error_code"]:
                raise for_code(found["error_code"])(f"topic {name}")
        partitions = found["partitions"]
        has_leaders = all(each["error_code"] == 0 and each["leader_id"] >= 0 for each in partitions)
        return Topic(str(found["topic_id"]), len(partitions), has_leaders)

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """See `AdminClient`."""
        plan = NewTopic(name, num_partitions=partitions, replication_factor=-1, topic_configs=dict(settings))
        with kafka_errors(self._bootstrap):
            try:
                self._admin.create_topics([plan])
            except TopicAlreadyExistsError:
                log.debug("another part created topic %s first", name)

    def settings(self, topic: str, names: Collection[str]) -> dict[str, str] | None:
        """See `AdminClient`: where they may not be read, the client gives none or raises an error."""
        wanted = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(names))
        with kafka_errors(self._bootstrap):
            try:
                found = self._admin.describe_configs([wanted], config_filter="all")["topic"][topic]
            except AuthorizationError:
                return None
        return {name: found[name]["value"] for name in names if name in found} or None

    def cluster(self) -> str:
        """See `AdminClient`."""
        with kafka_errors(self._bootstrap):
            return str(self._admin.describe_cluster()["cluster_id"])

    def set_password(self, user: str, password: str, rounds: int) -> None:
        """See `AdminClient`."""
        wanted = UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, password, rounds)
        with kafka_errors(self._bootstrap):
            refusal = self._admin.alter_user_scram_credentials([wanted])[user]
        if refusal is not None:
            raise Unavailable(f"Kafka at {self._bootstrap}: {refusal}")

    def close(self) -> None:
        """See `AdminClient`."""
        self._admin.close()
