"""Topics: made where they are missing, missed where they are gone."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic
from kafka.errors import AuthorizationError, TopicAlreadyExistsError
from kafka.partitioner.default import murmur2

from shared.errors import ConfigError, StopPart, Unavailable
from shared.kafka.connection import DEAD_LETTER_BYTES, Log, client_settings, kafka_errors, require_reachable
from shared.settings.brokers import Brokers

DEAD_LETTER_SUFFIX = ".dead-letter"
LEASE_SUFFIX = ".lease"
LEASE_PARTITIONS = 2
KEEPS_ALL = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Of a topic that is made here, whatever the broker does by default."""

log = logging.getLogger("tickstream.kafka")


@contextmanager
def _admin(brokers: Brokers) -> Iterator[KafkaAdminClient]:
    require_reachable(brokers.bootstrap)
    with kafka_errors(brokers.bootstrap):
        admin = KafkaAdminClient(**client_settings(brokers))
        try:
            yield admin
        finally:
            admin.close()


def make_topics(brokers: Brokers, topic: str, partitions: int) -> Log:
    """Make the topic and that of its dead letters where they are missing; time stamps are the broker's own.

    A topic that is there keeps the partitions it has. Raises Unavailable where Kafka can't be reached, and ConfigError
    where a topic that is there is compacted.
    """
    own = {"message.timestamp.type": "LogAppendTime", **KEEPS_ALL}
    dead = {**own, "max.message.bytes": str(DEAD_LETTER_BYTES)}
    with _admin(brokers) as admin:
        _make_topic(admin, topic, partitions, own)
        _require_every_message(admin, topic)
        (found,) = admin.describe_topics([topic])
        partitions = len(found["partitions"])
        _make_topic(admin, topic + DEAD_LETTER_SUFFIX, partitions, dead)
        cluster = str(admin.describe_cluster()["cluster_id"])
        return Log(brokers, topic, partitions, cluster, str(found["topic_id"]))


def make_lease_topic(log_: Log) -> Log:
    """Make the topic beside a log in which its producers agree who publishes, where it is missing.

    Of messages with one key the last is kept. Raises Unavailable where Kafka can't be reached.
    """
    own = {
        "cleanup.policy": "compact",
        "segment.ms": "3600000",
        "max.compaction.lag.ms": "3600000",
        "message.timestamp.type": "LogAppendTime",
    }
    topic = log_.topic + LEASE_SUFFIX
    with _admin(log_.brokers) as admin:
        _make_topic(admin, topic, LEASE_PARTITIONS, own)
    return log_._replace(topic=topic, partitions=LEASE_PARTITIONS)


def _make_topic(admin: KafkaAdminClient, name: str, partitions: int, configs: dict[str, str]) -> None:
    if name in set(admin.list_topics()):
        return
    plan = NewTopic(name, num_partitions=partitions, replication_factor=-1, topic_configs=configs)
    try:
        admin.create_topics([plan])
    except TopicAlreadyExistsError:
        log.debug("another part made topic %s first", name)
    admin.wait_for_topics([name])


def _require_every_message(admin: KafkaAdminClient, topic: str) -> None:
    """Raises ConfigError where the topic is compacted: of a symbol's messages the last one alone would be left.

    One that forgets messages after some time, or beyond some size, is warned about.
    """
    wanted = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(KEEPS_ALL))
    try:
        told = admin.describe_configs([wanted], config_filter="all")[wanted.resource_type.name.lower()][topic]
    except AuthorizationError:
        log.debug("this login may not read the settings of topic %s", topic)
        return
    settings = {name: told[name]["value"] for name in KEEPS_ALL if name in told}
    if "compact" in settings.get("cleanup.policy", ""):
        raise ConfigError(
            f"Topic {topic} is compacted (cleanup.policy={settings['cleanup.policy']}): of all messages of a symbol "
            "Kafka keeps the last one. Set its cleanup.policy to delete, or choose another KAFKA_TOPIC: a start makes"
            " it."
        )
    for name in ("retention.ms", "retention.bytes"):
        if settings.get(name, "-1") != "-1":
            log.warning(
                "Topic %s forgets old messages (%s=%s): what no part has read by then is lost, and tables can't be made"
                " anew from it. Set it to -1 to keep them.",
                *(topic, name, settings[name]),
            )


def require_topic(log_: Log) -> None:
    """Raises StopPart where the topic is gone or made anew: a reader of it would wait for ever without a word.

    Raises Unavailable where it has more partitions now: what is read must know them all.
    """
    with _admin(log_.brokers) as admin:
        if log_.topic not in set(admin.list_topics()):
            raise StopPart(
                f"Kafka at {log_.bootstrap} has no topic {log_.topic} any more. Start again: a start makes it."
            )
        (found,) = admin.describe_topics([log_.topic])
        if str(found["topic_id"]) != log_.topic_id:
            raise StopPart(
                f"Topic {log_.topic} was deleted and created again while it was read. Start again."
            )
        if len(found["partitions"]) != log_.partitions:
            raise Unavailable(f"Topic {log_.topic} has {len(found['partitions'])} partitions now")


def partition_of(key: bytes, partitions: int) -> int:
    """Where a key belongs: Kafka's own murmur2 rule, so that other tools agree."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
