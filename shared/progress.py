"""How far a group has read, kept in the same database and transaction as what it made of it."""

from dataclasses import dataclass

from psycopg2.extras import execute_values

from shared.database import Cursor
from shared.errors import ConfigError, PartitionLost
from shared.kafka import Log


@dataclass(frozen=True)
class Reading:
    """Who reads what: the key of its progress, one row a partition."""

    group: str
    topic: str


@dataclass
class Step:
    """One partition's advance from `expected` to `reached`, and what the offsets in between held."""

    partition: int
    expected: int
    reached: int
    quotes: int = 0
    bars: int = 0
    actions: int = 0
    time_marks: int = 0
    dead_letters: int = 0


def claim_origin(cursor: Cursor, log: Log) -> None:
    """Tie the database to its log at the first start; offsets of another log mean nothing here.

    Raises ConfigError where it belongs to another cluster or topic, or to one of this name that was deleted since.
    """
    cursor.execute(
        "insert into log_origin (cluster_id, topic, topic_id) values (%s, %s, %s) on conflict (only_row) do update"
        " set topic_id = coalesce(log_origin.topic_id, excluded.topic_id) returning cluster_id, topic, topic_id",
        (log.cluster, log.topic, log.topic_id),
    )
    cluster, topic, topic_id = cursor.fetchone() or ("", "", "")
    if (cluster, topic) != (log.cluster, log.topic):
        raise ConfigError(
            f"This database was filled from topic {topic} of Kafka cluster {cluster}, but the settings "
            f"name topic {log.topic} of cluster {log.cluster}. Choose another POSTGRES_DB, or go back to the Kafka "
            "(and its data folder) that the database was filled from."
        )
    if topic_id != log.topic_id:
        raise ConfigError(
            f"Topic {topic} was deleted and made anew since this database was filled from it. Choose another "
            "POSTGRES_DB to start from what the topic holds now."
        )


def begin(cursor: Cursor, reading: Reading, partition: int, first_offset: int) -> int:
    """The offset at which to go on: the stored one, else `first_offset`, which is then stored."""
    key = (reading.group, reading.topic, partition)
    cursor.execute(
        'insert into progress (group_id, topic, "partition", first_offset, next_offset)'
        " values (%s, %s, %s, %s, %s) on conflict do nothing",
        (*key, first_offset, first_offset),
    )
    cursor.execute(
        'select next_offset from progress where group_id = %s and topic = %s and "partition" = %s', key
    )
    row = cursor.fetchone()
    assert row is not None, "the row was inserted just above"
    return int(row[0])


def first_offset(cursor: Cursor, reading: Reading, partition: int) -> int:
    """Where the group began to read the partition."""
    cursor.execute(
        "select first_offset from progress where group_id = %s and topic = %s and partition = %s",
        (reading.group, reading.topic, partition),
    )
    (offset,) = cursor.fetchall()[0]
    return int(offset)


ADVANCE = """
    update progress p set next_offset = step.reached, quotes = p.quotes + step.quotes, bars = p.bars + step.bars,
        actions = p.actions + step.actions, time_marks = p.time_marks + step.time_marks,
        dead_letters = p.dead_letters + step.dead_letters, updated_at = now()
    from (values %s) as step
        (group_id, topic, partition, expected, reached, quotes, bars, actions, time_marks, dead_letters)
    where p.group_id = step.group_id and p.topic = step.topic and p.partition = step.partition
      and p.next_offset = step.expected
"""


def advance(cursor: Cursor, reading: Reading, steps: list[Step]) -> None:
    """Move the offsets on, each only from where this process believes it to be.

    Raises PartitionLost where another member moved one in the meantime: nothing of this transaction may stay.
    """
    rows = [
        (
            *(reading.group, reading.topic, step.partition, step.expected, step.reached),
            *(step.quotes, step.bars, step.actions, step.time_marks, step.dead_letters),
        )
        for step in steps
    ]
    execute_values(cursor, ADVANCE, rows)
    if cursor.rowcount != len(steps):
        raise PartitionLost(f"{reading.group}: another member has moved an offset of {reading.topic}")


def hold(cursor: Cursor, reading: Reading, partition: int, next_offset: int) -> None:
    """Make sure, to the end of this transaction, that the partition stands where we believe it to be.

    Raises PartitionLost where another member moved it.
    """
    cursor.execute(
        "select 1 from progress where group_id = %s and topic = %s and partition = %s and next_offset = %s for update",
        (reading.group, reading.topic, partition, next_offset),
    )
    if cursor.fetchone() is None:
        raise PartitionLost(f"{reading.group}: another member has moved an offset of {reading.topic}")
