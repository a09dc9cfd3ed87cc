"""Reads the figures of the whole market."""

from typing import Any

from shared.market.records import Interval
from shared.postgres.database import Cursor

BREADTH = ("symbols", "advancers", "decliners", "unchanged", "above", "averaged")
BETAS = ("symbol", "time", "benchmark", "beta", "correlation", "returns")


def read_breadth(cursor: Cursor, interval: Interval, limit: int) -> dict[str, list[Any]]:
    """The breadth at the newest `limit` times as columns, oldest first; `time` in epoch seconds."""
    cursor.execute(
        f"""select extract(epoch from time)::bigint, {", ".join(BREADTH)} from (
            select * from market_breadth where interval = %s order by time desc limit %s
        ) newest order by time""",  # noqa: S608 (names of our own)
        (interval, limit),
    )
    return _columns(("time", *BREADTH), cursor.fetchall())


def read_betas(cursor: Cursor, interval: Interval) -> dict[str, list[Any]]:
    """The newest beta of each symbol as columns, with the time of the bar that it belongs to, in epoch seconds."""
    cursor.execute(
        """select s.symbol, extract(epoch from b.time)::bigint, b.benchmark, b.beta, b.correlation, b.returns
        from symbols s cross join lateral (
            select * from market_betas where interval = %s and symbol = s.symbol order by time desc limit 1
        ) b order by s.symbol""",
        (interval,),
    )
    return _columns(BETAS, cursor.fetchall())


def _columns(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
