"""Reads the values of the user's own indicators."""

from typing import Any

from dashboard.read.rows import SeriesKey
from shared.postgres.database import Cursor


def read_own(cursor: Cursor, key: SeriesKey, limit: int, before: int | None) -> dict[str, list[Any]]:
    """The values of the newest `limit` closed bars that have any, as columns, oldest first: `start` in epoch seconds,
    and one column for each output; with `before` only bars that start before it, epoch seconds."""
    cursor.execute(
        """select extract(epoch from start)::bigint, jsonb_object_agg(name, value) from own_indicators
        where (symbol, interval) = (%(symbol)s, %(interval)s) and start in (
            select distinct start from own_indicators where (symbol, interval) = (%(symbol)s, %(interval)s)
                and start < coalesce(to_timestamp(%(before)s), 'infinity')
            order by start desc limit %(limit)s
        ) group by start order by start""",
        {"symbol": key[0], "interval": key[1], "limit": limit, "before": before},
    )
    rows = cursor.fetchall()
    names = sorted({name for _, values in rows for name in values})
    columns = {name: [values.get(name) for _, values in rows] for name in names}
    return {"start": [start for start, _ in rows], **columns}
