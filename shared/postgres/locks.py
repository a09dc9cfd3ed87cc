"""Advisory locks by which one process of all does a step at a time."""

from typing import NamedTuple

from shared.postgres.database import Cursor


class StepLock(NamedTuple):
    """The lock with this key, held until the end of a transaction."""

    key: int

    def take(self, cursor: Cursor) -> bool:
        """Become the process that does the step; False if another one is at it."""
        cursor.execute("select pg_try_advisory_xact_lock(%s)", (self.key,))
        ((is_taken,),) = cursor.fetchall()
        return bool(is_taken)

    def wait(self, cursor: Cursor) -> bool:
        """Wait until this is the process that does the step; always True."""
        cursor.execute("select pg_advisory_xact_lock(%s)", (self.key,))
        return True
