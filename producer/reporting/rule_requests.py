"""Hands requested changes of rules to the thread that publishes.

A change that the analysis has not found in the log for REPEAT_SECONDS is handed out again; repeated, it has no effect.
"""

import time
from datetime import UTC, datetime
from queue import Empty, Queue

from producer.store.rule_requests import MissingChange, missing_changes
from shared.market.records import RuleChange
from shared.postgres.database import Connection, transaction

REPEAT_SECONDS = 600.0
SOURCE = "rules"


class RuleRequests:
    """The changes of rules that are not known to be in all `partitions` of a log: one thread reads them in the tables,
    another takes them to publish."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._given: dict[MissingChange, float] = {}
        self._waiting: Queue[MissingChange] = Queue()

    def read(self, connection: Connection) -> None:
        """Read the requests, once a second. Raises the errors of the database."""
        with transaction(connection) as cursor:
            missing = missing_changes(cursor, self._partitions)
        now = time.monotonic()
        self._given = {each: self._given[each] for each in missing if each in self._given}
        for each in missing:
            if now - self._given.get(each, -REPEAT_SECONDS) >= REPEAT_SECONDS:
                self._given[each] = now
                self._waiting.put(each)

    def take(self) -> list[tuple[int, RuleChange]]:
        """The changes to publish now, each with its partition."""
        found: list[tuple[int, RuleChange]] = []
        while True:
            try:
                each = self._waiting.get_nowait()
            except Empty:
                return found
            found.append((each.partition, _record(each)))


def _record(each: MissingChange) -> RuleChange:
    now = datetime.now(UTC)
    return RuleChange(
        rule_id=each.rule_id,
        version=each.version,
        text=each.text,
        time=now,
        source=SOURCE,
        position=each.version,
        received_time=now,
    )
