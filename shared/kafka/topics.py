"""Creates missing topics, and checks that topics still exist."""

import logging
import time
from collections.abc import Mapping
from contextlib import closing

from shared.errors import ConfigError, StopPart, Unavailable
from shared.kafka.clients.calls import AdminClient, Topic
from shared.kafka.clients.choice import admin_client
from shared.kafka.connection import DEAD_LETTER_BYTES, Log, require_reachable
from shared.settings.brokers import Brokers

DEAD_LETTER_SUFFIX = ".dead-letter"
LEASE_SUFFIX = ".lease"
LEASE_PARTITIONS = 2
LEADER_SECONDS, LOOK_SECONDS = 10.0, 0.1
"""How long a new topic may take until each partition has a leader, and how often that is looked up."""
KEEPS_ALL = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
TIMES = {"message.timestamp.type": "LogAppendTime"}
"""Settings of a topic created here, independent of the broker's defaults."""

log = logging.getLogger("tickstream.kafka")


def _admin(brokers: Brokers) -> "closing[AdminClient]":
    require_reachable(brokers.bootstrap)
    return closing(admin_client(brokers))


def make_topics(brokers: Brokers, topic: str, partitions: int) -> Log:
    """Create the topic and its dead letter topic if missing; timestamps are set by the broker.

    An existing topic keeps its number of partitions. Raises Unavailable if Kafka can't be reached, and ConfigError if
    an existing topic is compacted.
    """
    own = {**TIMES, **KEEPS_ALL}
    dead = {**own, "max.message.bytes": str(DEAD_LETTER_BYTES)}
    with _admin(brokers) as admin:
        found = _made(admin, topic, partitions, own)
        _require_every_message(admin, topic)
        _made(admin, topic + DEAD_LETTER_SUFFIX, found.partitions, dead)
        return Log(brokers, topic, found.partitions, admin.cluster(), found.topic_id)


def existing_log(brokers: Brokers, topic: str) -> Log | None:
    """The topic as it is, None if there is none; creates nothing. Raises Unavailable if Kafka can't be reached."""
    with _admin(brokers) as admin:
        found = admin.topic(topic)
        return (
            None if found is None else Log(brokers, topic, found.partitions, admin.cluster(), found.topic_id)
        )


def make_lease_topic(log_: Log) -> Log:
    """Create the log's lease topic if missing, through which its producers agree which of them publishes.

    It is compacted: Kafka keeps the last message of each key. Raises Unavailable if Kafka can't be reached.
    """
    own = {
        "cleanup.policy": "compact",
        "segment.ms": "3600000",
        "max.compaction.lag.ms": "3600000",
        **TIMES,
    }
    topic = log_.topic + LEASE_SUFFIX
    with _admin(log_.brokers) as admin:
        _made(admin, topic, LEASE_PARTITIONS, own)
    return log_._replace(topic=topic, partitions=LEASE_PARTITIONS)


def _made(admin: AdminClient, name: str, partitions: int, settings: Mapping[str, str]) -> Topic:
    """The topic, created if it is missing; a new one has a leader for each partition a moment later."""
    if (found := admin.topic(name)) is not None:
        return found
    admin.create(name, partitions, settings)
    until = time.monotonic() + LEADER_SECONDS
    while (found := admin.topic(name)) is None or not found.has_leaders:
        if time.monotonic() > until:
            raise Unavailable(f"topic {name} was created, but not all its partitions have a leader")
        time.sleep(LOOK_SECONDS)
    return found


def _require_every_message(admin: AdminClient, topic: str) -> None:
    """Raise ConfigError if the topic is compacted, as only the last message of each symbol would be kept.

    Logs a warning if the topic has a retention limit by time or size, or its timestamps are not set by the broker.
    """
    settings = admin.settings(topic, {**TIMES, **KEEPS_ALL})
    if settings is None:
        log.debug("this login is not allowed to read the settings of topic %s", topic)
        return
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
    _warn_of_times(topic, settings)


def _warn_of_times(topic: str, settings: Mapping[str, str]) -> None:
    """Log a warning if messages do not have the time at which the broker appended them."""
    if settings.get("message.timestamp.type") == "CreateTime":
        log.warning(
            "The messages of topic %s have the times of the programs that write them"
            " (message.timestamp.type=CreateTime), so known_at in the tables is the time by their clocks. Set it to"
            " LogAppendTime: new messages then have the time of the broker.",
            topic,
        )


def require_topic(log_: Log) -> None:
    """Raise StopPart if the topic was deleted or recreated, as a reader would wait forever without an error.

    Raises Unavailable if its number of partitions changed, as the reader must restart to know all of them.
    """
    with _admin(log_.brokers) as admin:
        found = admin.topic(log_.topic)
    if found is None:
        raise StopPart(f"Kafka at {log_.bootstrap} no longer has a topic {log_.topic}. Restart to create it.")
    if found.topic_id != log_.topic_id:
        raise StopPart(f"Topic {log_.topic} was deleted and created again while it was read. Restart.")
    if found.partitions != log_.partitions:
        raise Unavailable(f"Topic {log_.topic} has {found.partitions} partitions now")
