"""The offsets of a group, stored in the same database and transaction as its results."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg2.extras import execute_values

from shared.errors import ConfigError, PartitionLost
from shared.kafka import Log
from shared.postgres.database import Cursor
from shared.progress.epochs import NO_EPOCH, Epoch, EpochStart, EpochTracker


@dataclass(frozen=True)
class GroupOnTopic:
    """A consumer group and its topic: the key of its offsets, with one row per partition."""

    group: str
    topic: str


COUNTS = ("quotes", "bars", "actions", "time_marks", "rule_changes", "handlings", "headlines", "dead_letters")
"""The kinds of messages that are counted: columns of `progress`, and fields of OffsetStep."""


@dataclass
class OffsetStep:
    """One partition's advance from offset `expected` to `reached`, with counts of the messages in between.

    `fingerprint` is that of the last message; `began` lists the producer epochs that began.
    """

    partition: int
    expected: int
    reached: int
    quotes: int = 0
    bars: int = 0
    actions: int = 0
    time_marks: int = 0
    rule_changes: int = 0
    handlings: int = 0
    headlines: int = 0
    dead_letters: int = 0
    fingerprint: str | None = None
    began: Sequence[EpochStart] = ()

    @property
    def counts(self) -> tuple[int, ...]:
        """The counts in the order of COUNTS."""
        return tuple(getattr(self, kind) for kind in COUNTS)

    def count(self, other: "OffsetStep") -> None:
        """Add the counts of another step."""
        for kind in COUNTS:
            setattr(self, kind, getattr(self, kind) + getattr(other, kind))


class Reached(NamedTuple):
    """A group's offsets in a partition: everything from `first_offset` to below `next_offset` is written.

    `fingerprint` is that of the last message written, None if unknown.
    """

    first_offset: int
    next_offset: int
    fingerprint: str | None


class Origin(NamedTuple):
    """The log that a database was filled from; `topic_id` and `partitions` are None if an early version filled it."""

    cluster: str
    topic: str
    topic_id: str | None
    partitions: int | None


def origin(cursor: Cursor) -> Origin | None:
    """The log that this database was filled from, None if there was none yet."""
    cursor.execute("select cluster_id, topic, topic_id, partitions from log_origin")
    row = cursor.fetchone()
    return None if row is None else Origin._make(row)


def claim_origin(cursor: Cursor, log: Log) -> None:
    """Tie the database to its log at the first start, as offsets are valid for one log only.

    Raises ConfigError if the database belongs to another cluster or topic, or if the topic was recreated or its
    number of partitions changed since.
    """
    cursor.execute(
        "insert into log_origin (cluster_id, topic, topic_id, partitions) values (%s, %s, %s, %s)"
        " on conflict (only_row) do update set topic_id = coalesce(log_origin.topic_id, excluded.topic_id),"
        " partitions = coalesce(log_origin.partitions, excluded.partitions)"
        " returning cluster_id, topic, topic_id, partitions",
        (log.cluster, log.topic, log.topic_id, log.partitions),
    )
    cluster, topic, topic_id, partitions = cursor.fetchone() or ("", "", "", 0)
    if (cluster, topic) != (log.cluster, log.topic):
        raise ConfigError(
            f"This database was filled from topic {topic} of Kafka cluster {cluster}, but the settings "
            f"name topic {log.topic} of cluster {log.cluster}. Choose another POSTGRES_DB, or go back to the Kafka "
            "(and its data folder) that the database was filled from."
        )
    if topic_id != log.topic_id:
        raise ConfigError(
            f"Topic {topic} was deleted and created again since this database was filled from it. Choose another "
            "POSTGRES_DB to start from what the topic holds now."
        )
    if partitions != log.partitions:
        raise ConfigError(other_partitions(topic, partitions, log.partitions))


def other_partitions(topic: str, before: int, now: int) -> str:
    """The error text for a topic whose number of partitions changed."""
    return (
        f"Topic {topic} has {now} partitions, but had {before} when it was first read. Symbols now map to other "
        "partitions, so the records of one symbol would lie in two of them. Choose another KAFKA_TOPIC and another "
        f"POSTGRES_DB to start with {now} partitions, or restore the topic with {before} partitions."
    )


def begin(cursor: Cursor, reading: GroupOnTopic, partition: int, first_offset: int) -> int:
    """The offset at which to continue: the stored one, else `first_offset`, which is then stored."""
    cursor.execute(
        "insert into progress (group_id, topic, partition, first_offset, next_offset)"
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (reading.group, reading.topic, partition, first_offset, first_offset),
    )
    return reached(cursor, reading, partition).next_offset


def reached(cursor: Cursor, reading: GroupOnTopic, partition: int) -> Reached:
    """The offsets of a group that has begun, in one partition."""
    cursor.execute(
        "select first_offset, next_offset, fingerprint from progress"
        " where group_id = %s and topic = %s and partition = %s",
        (reading.group, reading.topic, partition),
    )
    return Reached._make(cursor.fetchall()[0])


def all_reached(cursor: Cursor, reading: GroupOnTopic) -> dict[int, Reached]:
    """The offsets of a group in each partition that it has read anything of."""
    cursor.execute(
        "select partition, first_offset, next_offset, fingerprint from progress"
        " where group_id = %s and topic = %s and next_offset > first_offset order by partition",
        (reading.group, reading.topic),
    )
    return {partition: Reached(*offsets) for partition, *offsets in cursor.fetchall()}


def succession(
    cursor: Cursor, reading: GroupOnTopic, partition: int, since: int, offset: int
) -> EpochTracker:
    """The epoch valid in a partition before `offset`, for a group that began at `since`."""
    cursor.execute(
        "select epoch, begin_offset from producer_epochs where group_id = %s and topic = %s and partition = %s"
        " and from_offset < %s order by from_offset desc limit 1",
        (reading.group, reading.topic, partition, offset),
    )
    found = cursor.fetchone()
    return EpochTracker(NO_EPOCH if found is None else Epoch(*found), since)


ADVANCE = f"""
    update progress p set next_offset = step.reached,
        {", ".join(f"{kind} = p.{kind} + step.{kind}" for kind in COUNTS)},
        fingerprint = step.fingerprint::text, updated_at = now()
    from (values %s) as step (group_id, topic, partition, expected, reached, {", ".join(COUNTS)}, fingerprint)
    where p.group_id = step.group_id and p.topic = step.topic and p.partition = step.partition
      and p.next_offset = step.expected
"""  # noqa: S608


def advance(cursor: Cursor, reading: GroupOnTopic, steps: list[OffsetStep]) -> None:
    """Advance the offsets, each only from the value that this process expects.

    Raises PartitionLost if another member moved one in the meantime; the transaction must then be rolled back.
    """
    rows = [
        (
            *(reading.group, reading.topic, step.partition, step.expected, step.reached),
            *step.counts,
            step.fingerprint,
        )
        for step in steps
    ]
    execute_values(cursor, ADVANCE, rows)
    if cursor.rowcount != len(steps):
        raise PartitionLost(f"{reading.group}: another member has moved an offset of {reading.topic}")
    _store_epochs(cursor, reading, steps)


def _store_epochs(cursor: Cursor, reading: GroupOnTopic, steps: list[OffsetStep]) -> None:
    rows = [
        (reading.group, reading.topic, step.partition, offset, epoch.number, epoch.begin)
        for step in steps
        for offset, epoch in step.began
    ]
    if rows:
        execute_values(
            cursor,
            "insert into producer_epochs (group_id, topic, partition, from_offset, epoch, begin_offset) values %s",
            rows,
        )


def hold(cursor: Cursor, reading: GroupOnTopic, partition: int, next_offset: int) -> None:
    """Lock the partition's offset at its expected value until the end of this transaction.

    Raises PartitionLost if another member moved it.
    """
    cursor.execute(
        "select 1 from progress where group_id = %s and topic = %s and partition = %s and next_offset = %s for update",
        (reading.group, reading.topic, partition, next_offset),
    )
    if cursor.fetchone() is None:
        raise PartitionLost(f"{reading.group}: another member has moved an offset of {reading.topic}")
