"""The changes of rules that were found in the log, and the requests for them that the tables lack."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.engine.armed_rules import AppliedChange
from analytics.store.across.rule_places import write_rule_places
from shared.market.records import RuleChange
from shared.postgres.database import Cursor

RESTORED = """
    insert into rule_requests (rule_id, version, action, text) overriding system value values %s on conflict do nothing
"""
"""Tables that are older than the log, or new beside it, lack requests that were made since."""


def write_rule_changes(cursor: Cursor, partition: int, changes: Sequence[AppliedChange]) -> None:
    """Write the changes of a partition, at their offsets and among the bars of its symbols, and the requests that the
    tables lack; what is stored already stays. Whether a lost request disabled or removed its rule is not known: the
    rule is listed as disabled."""
    if changes:
        execute_values(
            cursor,
            'insert into rule_changes (rule_id, version, partition, "offset", text) values %s on conflict do nothing',
            [
                (each.change.rule_id, each.change.version, partition, each.offset, each.change.text)
                for each in changes
            ],
        )
        write_rule_places(cursor, partition, changes)
        execute_values(cursor, RESTORED, [_request(each.change) for each in changes])


def _request(change: RuleChange) -> tuple[int, int, str, str]:
    action = "disable" if not change.text else "add" if change.version == 1 else "enable"
    return change.rule_id, change.version, action, change.text
