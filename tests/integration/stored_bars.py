"""Bars written directly into the tables of a desk."""

from contextlib import closing
from datetime import UTC, datetime

from analytics.store.tables import BAR_COLUMNS
from shared.postgres.database import connect, copy_rows, transaction
from tests.inputs.histories import DAY, walk
from tests.integration.desk import Desk


def give_bars(desk: Desk, symbol: str, count: int) -> None:
    """Closed days of a random walk."""
    history = walk(symbol, count, seed=len(symbol))
    rows: list[tuple[object, ...]] = []
    for end, (close, high, low, volume) in zip(history.made_at, history.observations, strict=True):
        span = [datetime.fromtimestamp(second, UTC) for second in (end - DAY, end)]
        rows.append((symbol, "1d", *span, low, high, low, close, volume, None, 9, "regular", "test", None))
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        copy_rows(cursor, "bars", BAR_COLUMNS, rows)
