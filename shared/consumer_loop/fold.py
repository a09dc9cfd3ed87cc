"""What the loop is given: the fold of the consuming part, and options from the settings."""

from dataclasses import dataclass
from typing import Protocol

from shared.postgres.database import Connection, Cursor
from shared.progress.batches import Batch


class Fold(Protocol):
    """How a part turns the log into rows."""

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Start a partition that is written up to `next_offset`; returns the offset to read from, at most that."""

    def forget(self, partition: int) -> None:
        """Drop the state of a partition that now belongs to another member."""

    def refold(self, batch: Batch) -> None:
        """Fold messages that are already written, to restore the state."""

    def fold(self, batch: Batch) -> None:
        """Fold new messages."""

    def prepare(self, connection: Connection, /) -> None:
        """Before the transaction of a write: create what the tables need; this may remain if the write fails."""

    def write(self, cursor: Cursor) -> None:
        """Write the results of the messages folded since the last write."""

    def between_commits(self, connection: Connection, /) -> None:
        """Do low-priority work between two commits."""

    def finish(self, connection: Connection, /) -> None:
        """End cleanly; everything folded is already written."""

    def close(self) -> None:
        """Release resources at the end of a run, after success or failure."""


@dataclass(frozen=True)
class LoopOptions:
    """Options of the loop. It ends after `max_messages` unless that is 0.

    With `from_latest`, a new group starts at the end of the log.
    """

    max_messages: int = 0
    skip_invalid: bool = True
    report_offsets: bool = True
    from_latest: bool = False
