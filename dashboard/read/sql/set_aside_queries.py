"""The query for the quotes that entered no bar because of their prices."""

from dashboard.read.rows import DataAlertRow
from shared.postgres.database import Cursor

SET_ASIDE = "set aside"
"""The kind of a data alert about such a quote; its value is the price."""


def read_set_aside(cursor: Cursor, limit: int) -> list[DataAlertRow]:
    """The latest `limit` of each symbol as data alerts, newest first."""
    cursor.execute(
        """select s.symbol, %(kind)s, extract(epoch from q.event_time)::float8, null, q.price, null, q.reason
        from symbols s cross join lateral (
            select event_time, price, reason from set_aside_quotes
            where symbol = s.symbol order by event_time desc limit %(limit)s
        ) q where s.extreme > 0 order by q.event_time desc, s.symbol""",
        {"kind": SET_ASIDE, "limit": limit},
    )
    return [DataAlertRow._make(row) for row in cursor.fetchall()]
