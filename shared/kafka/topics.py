"""Creates missing topics, and checks that topics still exist."""

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
"""Settings of a topic created here, independent of the broker's defaults."""

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
    """Create the topic and its dead letter topic if missing; timestamps are set by the broker.

    An existing topic keeps its number of partitions. Raises Unavailable if Kafka can't be reached, and ConfigError if
    an existing topic is compacted.
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
    """Create the log's lease topic if missing, through which its producers agree which of them publishes.

    It is compacted: Kafka keeps the last message of each key. Raises Unavailable if Kafka can't be reached.
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
        log.debug("another part created topic %s first", name)
    admin.wait_for_topics([name])


def _require_every_message(admin: KafkaAdminClient, topic: str) -> None:
    """Raise ConfigError if the topic is compacted, as only the last message of each symbol would be kept.

    Logs a warning if the topic has a retention limit by time or size.
    """
    wanted = ConfigResource(ConfigResourceType.TOPIC, topic, dict.fromkeys(KEEPS_ALL))
    try:
        found = admin.describe_configs([wanted], config_filter="all")[wanted.resource_type.name.lower()][
            topic
        ]
    except AuthorizationError:
        log.debug("this login is not allowed to read the settings of topic %s", topic)
        return
    settings = {name: found[name]["value"] for name in KEEPS_ALL if name in found}
    if "compact" in settings.get("cleanup.policy", ""):
        raise ConfigError(
            f"Topic {topic} is compacted (cleanup.policy={settings['cleanup.policy']}): Kafka keeps only the "
            "last message of each symbol. Set its cleanup.policy to delete, or choose another KAFKA_TOPIC, which is"
            " created at the next start."
        )
    for name in ("retention.ms", "retention.bytes"):
        if settings.get(name, "-1") != "-1":
            log.warning(
                "Topic %s deletes old messages (%s=%s): messages that no part has read by then are lost, and tables"
                " can't be rebuilt from the topic. Set it to -1 to keep them.",
                topic,
                name,
                settings[name],
            )


def require_topic(log_: Log) -> None:
    """Raise StopPart if the topic was deleted or recreated, as a reader would wait forever without an error.

    Raises Unavailable if its number of partitions changed, as the reader must restart to know all of them.
    """
    with _admin(log_.brokers) as admin:
        if log_.topic not in set(admin.list_topics()):
            raise StopPart(
                f"Kafka at {log_.bootstrap} no longer has a topic {log_.topic}. Restart to create it."
            )
        (found,) = admin.describe_topics([log_.topic])
        if str(found["topic_id"]) != log_.topic_id:
            raise StopPart(f"Topic {log_.topic} was deleted and created again while it was read. Restart.")
        if len(found["partitions"]) != log_.partitions:
            raise Unavailable(f"Topic {log_.topic} has {len(found['partitions'])} partitions now")


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key by Kafka's default murmur2 rule, so that other tools agree."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
