"""Hands requests of the commands to the thread that publishes: changes of rules, and what was done with alerts.

A request that the analysis has not found in the log for REPEAT_SECONDS is handed out again; repeated, it has no effect.
"""

import time
from datetime import UTC, datetime
from queue import Empty, Queue

from producer.store.requests import Missing, MissingChange, MissingHandling, missing_requests
from shared.market.records import AlertHandling, RuleChange
from shared.postgres.database import Connection, transaction

REPEAT_SECONDS = 600.0
RULES, HANDLINGS = "rules", "handlings"
"""The sources of these records."""


class Requests:
    """The requests that are not known to be in the log of `partitions`: one thread reads them in the tables, another
    takes them to publish."""

    def __init__(self, partitions: int) -> None:
        self._partitions = partitions
        self._given: dict[Missing, float] = {}
        self._waiting: Queue[Missing] = Queue()

    def read(self, connection: Connection) -> None:
        """Read the requests, once a second. Raises the errors of the database."""
        with transaction(connection) as cursor:
            missing = missing_requests(cursor, self._partitions)
        now = time.monotonic()
        self._given = {each: self._given[each] for each in missing if each in self._given}
        for each in missing:
            if now - self._given.get(each, -REPEAT_SECONDS) >= REPEAT_SECONDS:
                self._given[each] = now
                self._waiting.put(each)

    def take(self) -> list[tuple[int, RuleChange | AlertHandling]]:
        """The records to publish now, each with its partition."""
        found: list[tuple[int, RuleChange | AlertHandling]] = []
        while True:
            try:
                each = self._waiting.get_nowait()
            except Empty:
                return found
            if isinstance(each, MissingChange):
                found.append((each.partition, _change(each)))
            else:
                found.append((0, _handling(each)))


def _change(each: MissingChange) -> RuleChange:
    now = datetime.now(UTC)
    return RuleChange(
        rule_id=each.rule_id,
        version=each.version,
        text=each.text,
        time=now,
        source=RULES,
        position=each.version,
        received_time=now,
    )


def _handling(each: MissingHandling) -> AlertHandling:
    return AlertHandling(
        handling_id=each.handling_id,
        action=each.action,
        rule=each.rule,
        of_symbol=each.symbol,
        until=each.until,
        handled_by=each.handled_by,
        time=each.requested_at,
        source=HANDLINGS,
        position=0,
        received_time=max(each.requested_at, datetime.now(UTC)),
    )
