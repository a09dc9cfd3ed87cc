"""The table of the changes of rules that were found in the log."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.engine.armed_rules import AppliedChange
from shared.postgres.database import Cursor


def write_rule_changes(cursor: Cursor, partition: int, changes: Sequence[AppliedChange]) -> None:
    """Write the changes of a partition at their offsets; one that is stored already stays."""
    if changes:
        execute_values(
            cursor,
            'insert into rule_changes (rule_id, version, partition, "offset", text) values %s on conflict do nothing',
            [
                (each.change.rule_id, each.change.version, partition, each.offset, each.change.text)
                for each in changes
            ],
        )
