"""Changes of rules as they were found in the log, and the places of those that compare symbols."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.alerts.across.rule_spans import RuleInterval, StoredChange
from analytics.engine.armed_rules import AppliedChange
from analytics.store.times import utc
from shared.postgres.database import Cursor

PLACES = """
    insert into rule_places (rule_id, version, symbol, interval, after, partition, "offset") values %s
    on conflict do nothing
"""


def write_rule_places(cursor: Cursor, partition: int, changes: Sequence[AppliedChange]) -> None:
    """Write where the changes of a partition lie among the bars of its symbols; what is stored already stays."""
    rows = [
        (change.rule_id, change.version, place.symbol, place.interval, utc(place.after), partition, offset)
        for offset, change, places in changes
        for place in places
    ]
    if rows:
        execute_values(cursor, PLACES, rows, page_size=1_000)


def number_of_changes(cursor: Cursor) -> int:
    """How many messages with a change of a rule were found."""
    cursor.execute("select count(*) from rule_changes")
    ((found,),) = cursor.fetchall()
    return int(found)


def stored_changes(cursor: Cursor) -> list[StoredChange]:
    """Every change in every partition, in the order of the offsets."""
    cursor.execute('select rule_id, version, partition, text from rule_changes order by partition, "offset"')
    return [StoredChange(*row) for row in cursor.fetchall()]


def stored_places(cursor: Cursor) -> dict[RuleInterval, float]:
    """After which bar each change applies to a symbol and interval, as the end of that bar in epoch seconds."""
    cursor.execute(
        "select rule_id, version, symbol, interval, extract(epoch from after)::float8 from rule_places"
    )
    return {tuple(key): after for *key, after in cursor.fetchall()}
