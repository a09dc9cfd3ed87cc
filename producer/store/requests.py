"""Requests that the log does not have yet: to arm and disarm rules, to acknowledge and snooze alerts."""

from datetime import datetime
from typing import Literal, NamedTuple

from shared.postgres.database import Cursor

MISSING_CHANGES = """
    select r.rule_id, r.version, r.text, p.partition
    from rule_requests r cross join generate_series(0, %(partitions)s - 1) as p (partition)
    where not exists (select from rule_requests later where later.rule_id = r.rule_id and later.version > r.version)
        and not exists (
            select from rule_changes c where c.rule_id = r.rule_id and c.version = r.version
                and c.partition = p.partition and c.text = r.text
        )
    order by r.rule_id, p.partition
"""
MISSING_HANDLINGS = """
    select handling_id::text, action, rule, symbol, until, handled_by, requested_at from handling_requests r
    where not exists (select from alert_handlings h where h.handling_id = r.handling_id)
    order by requested_at, handling_id
"""


class MissingChange(NamedTuple):
    """The newest requested version of a rule, and a partition of the log that is not known to have it."""

    rule_id: int
    version: int
    text: str
    partition: int


class MissingHandling(NamedTuple):
    """A request to acknowledge or snooze alerts that is not known to be in the log."""

    handling_id: str
    action: Literal["acknowledge", "snooze"]
    rule: str | None
    symbol: str | None
    until: datetime
    handled_by: str
    requested_at: datetime


Missing = MissingChange | MissingHandling


def missing_requests(cursor: Cursor, partitions: int) -> list[Missing]:
    """The requests that are to be published: changes in the order of their rules, then what was done with alerts."""
    cursor.execute(MISSING_CHANGES, {"partitions": partitions})
    changes = [MissingChange(*row) for row in cursor.fetchall()]
    cursor.execute(MISSING_HANDLINGS)
    return [*changes, *(MissingHandling(*row) for row in cursor.fetchall())]
