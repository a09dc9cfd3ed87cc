"""The requests to arm and disarm rules, and where the log has them already."""

from typing import NamedTuple

from shared.postgres.database import Cursor

MISSING = """
    select r.rule_id, r.version, r.text, p.partition
    from rule_requests r cross join generate_series(0, %(partitions)s - 1) as p (partition)
    where not exists (select from rule_requests later where later.rule_id = r.rule_id and later.version > r.version)
        and not exists (
            select from rule_changes c where c.rule_id = r.rule_id and c.version = r.version
                and c.partition = p.partition and c.text = r.text
        )
    order by r.rule_id, p.partition
"""


class MissingChange(NamedTuple):
    """The newest requested version of a rule, and a partition of the log that is not known to have it."""

    rule_id: int
    version: int
    text: str
    partition: int


def missing_changes(cursor: Cursor, partitions: int) -> list[MissingChange]:
    """The changes that are to be published, in the order of their rules."""
    cursor.execute(MISSING, {"partitions": partitions})
    return [MissingChange(*row) for row in cursor.fetchall()]
