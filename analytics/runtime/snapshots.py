"""Saves the state of the partitions, a slice between two steps, so that no step waits for the state of a whole market.

A snapshot shows one moment: its states are encoded when it begins, and no record that is processed meanwhile changes
them. Before a slice is written, the stored offset confirms that the partition is still assigned to this process.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analytics.runtime.partition import Partition, SlicedSnapshot
from analytics.store.snapshot_tables import complete_snapshot, encoded, write_states
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.offsets import GroupOnTopic, hold

MIN_SYMBOLS_A_SLICE = 25
MAX_SLICES = 40
"""A slice of a very large partition has more symbols: at a slice every 0.2 s, a snapshot takes eight seconds."""


class SnapshotWriter:
    """The partitions of one process; they may be assigned and lost between two calls. `state_of` is the state of a
    partition without its symbols."""

    def __init__(
        self,
        reading: GroupOnTopic,
        partitions: Mapping[int, Partition],
        state_of: Callable[[Partition], dict[str, Any]],
    ) -> None:
        self._reading, self._partitions, self._state_of = reading, partitions, state_of

    def save_due(self, connection: Connection) -> None:
        """Write a slice of one snapshot; begin the snapshot if it is due. What a reprocessed log has recalculated is
        saved at once, with the rows."""
        current = [(number, each) for number, each in self._partitions.items() if each.is_current]
        for number, partition in current:
            if partition.rewriting:
                self.save(connection, number, partition)
        if due := _most_urgent(current, time.monotonic()):
            self._save_slice(connection, *due)

    def save(self, connection: Connection, number: int, partition: Partition) -> None:
        """Save a partition at once."""
        with transaction(connection) as cursor:
            hold(cursor, self._reading, number, partition.written)
            self.write(cursor, number, partition)
        partition.mark_saved(partition.reached)

    def write(self, cursor: Cursor, number: int, partition: Partition) -> None:
        """Write the whole snapshot of a partition, in a transaction that also holds its offset."""
        partition.replace(cursor, number)
        partition.stop_saving()
        snapshot = self._begun(partition)
        write_states(cursor, self._reading, number, snapshot.next_offset, snapshot.remaining)
        complete_snapshot(cursor, self._reading, number, snapshot.next_offset, snapshot.state)

    def _save_slice(self, connection: Connection, number: int, partition: Partition) -> None:
        if partition.saving is None:
            partition.saving = self._begun(partition)
            partition.unsaved.clear()
        snapshot = partition.saving
        with transaction(connection) as cursor:
            hold(cursor, self._reading, number, partition.written)
            write_states(cursor, self._reading, number, snapshot.next_offset, snapshot.next_slice)
            if snapshot.is_last_slice:
                complete_snapshot(cursor, self._reading, number, snapshot.next_offset, snapshot.state)
        if snapshot.is_last_slice:
            partition.mark_saved(snapshot.next_offset)
        else:
            snapshot.finish_slice()

    def _begun(self, partition: Partition) -> SlicedSnapshot:
        symbols = sorted(partition.unsaved)
        states = [(symbol, encoded(partition.engine.symbols[symbol].state())) for symbol in symbols]
        size = max(MIN_SYMBOLS_A_SLICE, -(-len(states) // MAX_SLICES))
        return SlicedSnapshot(partition.reached, encoded(self._state_of(partition)), states, size)


def _most_urgent(partitions: Iterable[tuple[int, Partition]], now: float) -> tuple[int, Partition] | None:
    """The partition whose snapshot was begun, else the one due that has waited longest: under load all are due."""
    due = [
        (number, each) for number, each in partitions if each.saving is not None or each.snapshot_is_due(now)
    ]
    return min(due, key=lambda found: (found[1].saving is None, found[1].saved_at), default=None)
