"""Cut the tables back to the last offset up to which they agree with the log."""

from typing import NamedTuple

from db.divergence import Divergence, tally
from shared.errors import ConfigError
from shared.kafka import Log, LogReader
from shared.postgres.database import Cursor
from shared.progress.offsets import COUNTS, GroupOnTopic, OffsetStep, hold

BY_OFFSET = {
    "quotes": '"offset"',
    "dead_letters": '"offset"',
    "corporate_actions": '"offset"',
    "model_servings": "from_offset",
    "rule_changes": '"offset"',
    "alert_handlings": '"offset"',
    "headlines": '"offset"',
    "rule_places": '"offset"',
    "set_aside_quotes": '"offset"',
}
"""The tables whose rows have the offset that they were made from, with the column of that offset."""
REMAKING_STATE = '{"remaking": true}'
"""Replaces the snapshot of the analytics part, which at its next start calculates the partition again."""


class Cut(NamedTuple):
    """A group that is moved back to the end of `step`, which counts the records that it keeps."""

    group: str
    step: OffsetStep


def rows_to_delete(cursor: Cursor, divergence: Divergence) -> dict[str, int]:
    """The number of rows that a cut deletes from each table."""
    found = {}
    for table, offset in BY_OFFSET.items():
        cursor.execute(
            f"select count(*) from {table} where partition = %s and {offset} >= %s",  # noqa: S608
            (divergence.partition, divergence.common),
        )
        ((found[table],),) = cursor.fetchall()
    return found


def planned_cuts(log: Log, reader: LogReader, divergence: Divergence) -> list[Cut]:
    """The offset to which each group that has read too far is moved back.

    Raises ConfigError if the log no longer holds the first message that such a group read: without it nothing can be
    counted or calculated again.
    """
    found = []
    for group in divergence.cut:
        if group.at.first_offset < divergence.first:
            raise ConfigError(
                f"Partition {divergence.partition} of topic {log.topic} now begins at offset {divergence.first}, but "
                f"{group.name} has read it from {group.at.first_offset} on: bars, indicators, forecasts and alerts "
                "can't be calculated again without the earlier messages. Nothing is cut. Set another POSTGRES_DB to "
                "start from the messages that the log still holds; this database is not changed."
            )
        until = max(group.at.first_offset, min(group.at.next_offset, divergence.common))
        step = tally(log, reader, divergence.partition, group.at.first_offset, until)
        found.append(Cut(group.name, step))
    return found


def cut(cursor: Cursor, log: Log, divergence: Divergence, groups: list[Cut]) -> None:
    """Delete the rows of messages that the log does not have, and move each group back to the offset before them.

    Raises PartitionLost if any group has moved since the comparison, even one that is not moved back: it may have
    written rows that the cut would delete.
    """
    for group in divergence.groups:
        hold(cursor, GroupOnTopic(group.name, log.topic), divergence.partition, group.at.next_offset)
    for table, offset in BY_OFFSET.items():
        cursor.execute(
            f"delete from {table} where partition = %s and {offset} >= %s",  # noqa: S608
            (divergence.partition, divergence.common),
        )
    for name, step in groups:
        where = (name, log.topic, divergence.partition)
        cursor.execute(
            f"update progress set next_offset = %s, {', '.join(f'{kind} = %s' for kind in COUNTS)},"  # noqa: S608
            " fingerprint = %s, updated_at = now() where group_id = %s and topic = %s and partition = %s",
            (step.reached, *step.counts, step.fingerprint, *where),
        )
        cursor.execute(
            "delete from producer_epochs where group_id = %s and topic = %s and partition = %s and from_offset >= %s",
            (*where, step.reached),
        )
        cursor.execute(
            "update partition_snapshots set state = %s where group_id = %s and topic = %s and partition = %s",
            (REMAKING_STATE, *where),
        )
