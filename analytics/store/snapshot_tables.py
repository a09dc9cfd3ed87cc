"""The tables of snapshots: the state of a partition at an offset, and that of each of its symbols.

A large snapshot is written in several transactions. The states of its symbols are stored beside those of the snapshot
before, and count from the transaction on that moves the offset of the partition's snapshot.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert
from shared.progress.offsets import GroupOnTopic

KEY = ("group_id", "topic", "partition")
WHERE = "group_id = %s and topic = %s and partition = %s"


class FoldSnapshot(NamedTuple):
    """The engine's state at an offset: that of the partition, and that of each of its symbols."""

    next_offset: int
    partition: dict[str, Any]
    symbols: dict[str, dict[str, Any]]


def encoded(state: dict[str, Any]) -> str:
    """A state as it is stored."""
    return msgspec.json.encode(state).decode()


def load_snapshot(cursor: Cursor, reading: GroupOnTopic, partition: int) -> FoldSnapshot | None:
    """The snapshot of a partition, None if there is none."""
    key = (reading.group, reading.topic, partition)
    cursor.execute(f"select next_offset, state from partition_snapshots where {WHERE}", key)  # noqa: S608
    row = cursor.fetchone()
    if row is None:
        return None
    cursor.execute(
        "select distinct on (symbol) symbol, state from symbol_snapshots"  # noqa: S608
        f" where {WHERE} and next_offset <= %s order by symbol, next_offset desc",
        (*key, row[0]),
    )
    symbols = {symbol: msgspec.json.decode(state) for symbol, state in cursor.fetchall()}
    return FoldSnapshot(row[0], msgspec.json.decode(row[1]), symbols)


def delete_snapshot(cursor: Cursor, reading: GroupOnTopic, partition: int) -> None:
    """Delete the snapshots of a partition and of its symbols."""
    for table in ("partition_snapshots", "symbol_snapshots"):
        cursor.execute(
            f"delete from {table} where {WHERE}",  # noqa: S608
            (reading.group, reading.topic, partition),
        )


def save_snapshot(cursor: Cursor, reading: GroupOnTopic, partition: int, snapshot: FoldSnapshot) -> None:
    """Replace the snapshot of a partition; symbols that are not in it keep their stored state."""
    states = [(symbol, encoded(state)) for symbol, state in snapshot.symbols.items()]
    write_states(cursor, reading, partition, snapshot.next_offset, states)
    complete_snapshot(cursor, reading, partition, snapshot.next_offset, encoded(snapshot.partition))


def write_states(
    cursor: Cursor, reading: GroupOnTopic, partition: int, next_offset: int, states: Iterable[tuple[str, str]]
) -> None:
    """Write the encoded states of symbols at an offset, which the snapshot of their partition has yet to reach."""
    key = (reading.group, reading.topic, partition)
    rows = [(*key, symbol, next_offset, state) for symbol, state in states]
    upsert(cursor, "symbol_snapshots", (*KEY, "symbol", "next_offset", "state"), rows, keys=5)


def complete_snapshot(
    cursor: Cursor, reading: GroupOnTopic, partition: int, next_offset: int, state: str
) -> None:
    """Move the snapshot of a partition to an offset, after the states of all symbols that have changed since the one
    before; `state` is the encoded state of the partition."""
    key = (reading.group, reading.topic, partition)
    upsert(
        cursor, "partition_snapshots", (*KEY, "next_offset", "state"), [(*key, next_offset, state)], keys=3
    )
    cursor.execute(
        f"""delete from symbol_snapshots old where {WHERE} and next_offset < %s and exists (
            select from symbol_snapshots new where (new.group_id, new.topic, new.partition, new.symbol)
                = (old.group_id, old.topic, old.partition, old.symbol) and new.next_offset = %s)""",  # noqa: S608
        (*key, next_offset, next_offset),
    )
