"""The table of the user's own indicators, and the data alerts about those that are set aside."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.indicators.own.own_indicators import OwnRow
from analytics.store.bar_fields import own_fields
from analytics.store.times import utc
from shared.market.records import Bar
from shared.postgres.binary_copy import copy_fields
from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

OWN_COLUMNS = ("symbol", "interval", "start", "name", "value")

OwnRows = Sequence[tuple[Bar, OwnRow]]


def write_own(cursor: Cursor, rows: OwnRows) -> None:
    """Write the values of closed bars, and alerts about indicators that were set aside."""
    if rows:
        copy_fields(cursor, "own_indicators", OWN_COLUMNS, own_fields(rows))
        _write_alerts(cursor, rows)


def replace_own(cursor: Cursor, rows: OwnRows) -> None:
    """Write the recalculated values of closed bars, in place of those of an earlier file, and the alerts."""
    values = [
        (bar.symbol, bar.interval, utc(bar.start), name, value)
        for bar, row in rows
        for name, value in row.values.items()
    ]
    upsert(cursor, "own_indicators", OWN_COLUMNS, values, keys=4)
    _write_alerts(cursor, rows)


def _write_alerts(cursor: Cursor, rows: OwnRows) -> None:
    """Bars of one symbol that end together have one alert, because an alert is identified by symbol and time. A rebuild
    calculates one interval after the other, and each one adds to it."""
    details: dict[tuple[str, int], list[str]] = {}
    for bar, row in rows:
        for reason in row.set_aside:
            details.setdefault((bar.symbol, bar.end), []).append(f"{bar.interval}: {reason}")
    if details:
        execute_values(
            cursor,
            "insert into data_alerts (symbol, kind, raised_at, detail) values %s on conflict (symbol, kind, raised_at)"
            " do update set detail = data_alerts.detail || '; ' || excluded.detail"
            " where strpos(data_alerts.detail, excluded.detail) = 0",
            [(symbol, "indicator", utc(end), "; ".join(each)) for (symbol, end), each in details.items()],
        )
