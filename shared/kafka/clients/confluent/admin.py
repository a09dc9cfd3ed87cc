"""Topics and logins with confluent-kafka."""

import base64
import logging
import uuid
from collections.abc import Collection, Mapping

from confluent_kafka import KafkaError, KafkaException, TopicCollection, Uuid
from confluent_kafka.admin import (
    AdminClient,
    ConfigResource,
    NewTopic,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from shared.errors import Unavailable
from shared.kafka.clients.calls import ANSWER_SECONDS, Topic
from shared.kafka.clients.confluent.settings import (
    CONNECT_SECONDS,
    confluent_errors,
    confluent_settings,
    free,
)
from shared.settings.brokers import Brokers

REFUSALS = {KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED}

log = logging.getLogger("tickstream.kafka")


class ConfluentAdmin:
    """See `AdminClient`."""

    def __init__(self, brokers: Brokers, mechanism: str) -> None:
        self._bootstrap = brokers.bootstrap
        with confluent_errors(self._bootstrap):
            self._admin = AdminClient(confluent_settings(brokers, mechanism))
        try:
            self._cluster = self._first_answer()
        except Unavailable:
            self.close()
            raise

    def _first_answer(self) -> str:
        """The cluster's id, which comes with the answer to the login; the client retries that until then."""
        with confluent_errors(self._bootstrap):
            return str(self._admin.cluster_id(CONNECT_SECONDS))

    def topic(self, name: str) -> Topic | None:
        """See `AdminClient`."""
        asked = TopicCollection([name])
        with confluent_errors(self._bootstrap):
            try:
                found = self._admin.describe_topics(asked, request_timeout=ANSWER_SECONDS)[name].result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
                return None
        has_leaders = all(each.leader is not None and each.leader.id >= 0 for each in found.partitions)
        return Topic(uuid_text(found.topic_id), len(found.partitions), has_leaders)

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """See `AdminClient`."""
        plan = NewTopic(name, num_partitions=partitions, replication_factor=-1, config=dict(settings))
        with confluent_errors(self._bootstrap):
            try:
                self._admin.create_topics([plan], request_timeout=ANSWER_SECONDS)[name].result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
                log.debug("another part created topic %s first", name)

    def settings(self, topic: str, names: Collection[str]) -> dict[str, str] | None:
        """See `AdminClient`."""
        wanted = ConfigResource(ResourceType.TOPIC, topic)
        with confluent_errors(self._bootstrap):
            try:
                found = self._admin.describe_configs([wanted], request_timeout=ANSWER_SECONDS)[
                    wanted
                ].result()
            except KafkaException as error:
                if error.args[0].code() not in REFUSALS:
                    raise
                return None
        return {name: found[name].value for name in names if name in found}

    def cluster(self) -> str:
        """See `AdminClient`."""
        return self._cluster

    def set_password(self, user: str, password: str, rounds: int) -> None:
        """See `AdminClient`."""
        hashed = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, rounds)
        wanted = UserScramCredentialUpsertion(user, hashed, password.encode())
        with confluent_errors(self._bootstrap):
            self._admin.alter_user_scram_credentials([wanted], request_timeout=ANSWER_SECONDS)[user].result()

    def close(self) -> None:
        """See `AdminClient`."""
        clients: list[object] = [self._admin]
        del self._admin
        free(clients)


def uuid_text(found: Uuid) -> str:
    """The id as kafka-python and the tables have it; the client's own text is Kafka's, in base64."""
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(f"{found}==")))
