"""The tables of rules: changes found in the log, and the closed bars that their values begin with."""

from collections.abc import Sequence
from contextlib import closing

from psycopg2.extras import execute_values

from analytics.engine.armed_rules import AppliedChange
from analytics.store.tables import bars_until
from shared.market.records import Bar, Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Connection, Cursor, connect, transaction


def write_rule_changes(cursor: Cursor, partition: int, changes: Sequence[AppliedChange]) -> None:
    """Write the changes of a partition at their offsets."""
    if changes:
        execute_values(
            cursor,
            'insert into rule_changes (rule_id, version, partition, "offset", text) values %s on conflict do nothing',
            [
                (each.change.rule_id, each.change.version, partition, each.offset, each.change.text)
                for each in changes
            ],
        )


class StoredClosedBars:
    """The closed bars in the tables, read over a connection of its own, because a rule is armed while the log is
    processed, between two transactions."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def until(self, symbol: str, interval: Interval, end: int) -> Sequence[Bar]:
        """The bars of a series that ended by `end`, epoch seconds, in order. Raises Unavailable."""
        beat()
        with closing(self._connection()) as connection, transaction(connection) as cursor:
            return bars_until(cursor, symbol, interval, end)

    def _connection(self) -> Connection:
        return connect(self._dsn, "rules")
