"""Tables cut back to the offset up to which they and the log are the same."""

from typing import NamedTuple

from db.parting import Parting, tally
from shared.errors import ConfigError
from shared.kafka import Log, LogBrowser
from shared.postgres.database import Cursor
from shared.runtime.offsets import GroupOnTopic, OffsetStep, hold

BY_OFFSET = {
    "quotes": '"offset"',
    "dead_letters": '"offset"',
    "corporate_actions": '"offset"',
    "model_servings": "from_offset",
}
"""The tables whose rows know the place in the log that they are from."""
CUT_BACK = '{"remaking": true}'
"""In place of the analytics' state: at its next start it makes everything of the partition anew."""


class Cut(NamedTuple):
    """A group that is to stand at the end of `step` again, which counts what it keeps."""

    group: str
    step: OffsetStep


def dropped(cursor: Cursor, parted: Parting) -> dict[str, int]:
    """How many rows a cut takes from each table."""
    found = {}
    for table, offset in BY_OFFSET.items():
        cursor.execute(
            f"select count(*) from {table} where partition = %s and {offset} >= %s",  # noqa: S608
            (parted.partition, parted.common),
        )
        ((found[table],),) = cursor.fetchall()
    return found


def cuts(log: Log, browser: LogBrowser, parted: Parting) -> list[Cut]:
    """Where each group that has read too far is to stand.

    Raises ConfigError where the log does not hold any more what such a group began with: nothing can be counted, or
    made anew, without it.
    """
    found = []
    for group in parted.cut:
        if group.at.first_offset < parted.first:
            raise ConfigError(
                f"Partition {parted.partition} of topic {log.topic} now begins at offset {parted.first}, but "
                f"{group.name} has read it from {group.at.first_offset} on: bars, indicators, forecasts and alerts "
                "can't be calculated again without the messages before. Nothing is cut. Choose another POSTGRES_DB to "
                "start from what the log still holds; this one stays as it is."
            )
        until = max(group.at.first_offset, min(group.at.next_offset, parted.common))
        step = tally(log, browser, parted.partition, group.at.first_offset, until)
        found.append(Cut(group.name, step))
    return found


def cut(cursor: Cursor, log: Log, parted: Parting, groups: list[Cut]) -> None:
    """Take away what the log does not have, and let each group stand where it was before it read that.

    Raises PartitionLost where a group has moved since, also one that stays: it may have written rows that the cut would
    take.
    """
    for group in parted.groups:
        hold(cursor, GroupOnTopic(group.name, log.topic), parted.partition, group.at.next_offset)
    for table, offset in BY_OFFSET.items():
        cursor.execute(
            f"delete from {table} where partition = %s and {offset} >= %s",  # noqa: S608
            (parted.partition, parted.common),
        )
    for name, step in groups:
        where = (name, log.topic, parted.partition)
        counts = (step.quotes, step.bars, step.actions, step.time_marks, step.dead_letters)
        cursor.execute(
            "update progress set next_offset = %s, quotes = %s, bars = %s, actions = %s, time_marks = %s,"
            " dead_letters = %s, fingerprint = %s, updated_at = now()"
            " where group_id = %s and topic = %s and partition = %s",
            (step.reached, *counts, step.fingerprint, *where),
        )
        cursor.execute(
            "delete from producer_epochs where group_id = %s and topic = %s and partition = %s and from_offset >= %s",
            (*where, step.reached),
        )
        cursor.execute(
            "update partition_snapshots set state = %s where group_id = %s and topic = %s and partition = %s",
            (CUT_BACK, *where),
        )
