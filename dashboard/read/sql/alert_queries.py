"""Alerts of rules and thresholds, and those about the data."""

from dashboard.read.rows import AlertRow, DataAlertRow, SeriesKey
from shared.market.alert_texts import RULE_NAME_SQL
from shared.postgres.database import Cursor

_ALERTS = f"""
    select symbol, interval, rule, extract(epoch from start)::bigint,
        extract(epoch from event_time)::float8, value, threshold, price, (
            select text from rule_requests r
            where a.rule = {RULE_NAME_SQL} and r.version = a.rule_version
        ), named_values::text, severity, (
            select acknowledged_by from acknowledged_alerts k
            where (k.symbol, k.interval, k.rule, k.start) = (a.symbol, a.interval, a.rule, a.start)
        ), a.state, cardinality(storm.members), storm.symbols,
        extract(epoch from a.known_at)::float8
    from alerts a left join lateral (
        select members, symbols from storms s where s.rule = a.rule and s.interval = a.interval
            and s.event_time = a.event_time and a.symbol = any(s.members)
    ) storm on true
"""  # noqa: S608 (a name of our own)


def read_alerts(cursor: Cursor, limit: int) -> list[AlertRow]:
    """The latest alerts, newest first."""
    cursor.execute(
        _ALERTS + "order by event_time desc, symbol, interval, rule limit %(limit)s", {"limit": limit}
    )
    return [AlertRow._make(row) for row in cursor.fetchall()]


def read_alerts_of(cursor: Cursor, key: SeriesKey, limit: int) -> list[AlertRow]:
    """The latest alerts of a symbol and interval, newest first."""
    cursor.execute(
        _ALERTS + "where a.symbol = %s and a.interval = %s order by event_time desc, rule limit %s",
        (*key, limit),
    )
    return [AlertRow._make(row) for row in cursor.fetchall()]


def read_data_alerts(cursor: Cursor, limit: int) -> list[DataAlertRow]:
    """The latest data alerts, newest first."""
    cursor.execute(
        """select symbol, kind, extract(epoch from raised_at)::float8, extract(epoch from cleared_at)::float8,
            value, threshold, detail
        from data_alerts order by raised_at desc, symbol, kind limit %(limit)s""",
        {"limit": limit},
    )
    return [DataAlertRow._make(row) for row in cursor.fetchall()]
