"""SELECTs over the closed bars of many symbols."""

from typing import NamedTuple

from analytics.cross_section.closes import Close, SplitAt
from shared.market.records import Interval
from shared.postgres.database import Cursor

LATEST = """
    select b.symbol, extract(epoch from b.start)::bigint, b.close, i.sma_long
    from symbols s
    cross join lateral (
        select symbol, interval, start, close from bars
        where symbol = s.symbol and interval = %s order by start desc limit 2
    ) b
    left join indicators i on i.symbol = b.symbol and i.interval = b.interval and i.start = b.start
    order by b.symbol, b.start
"""


FIRST = """
    select extract(epoch from min(b.start))::bigint
    from symbols s
    cross join lateral (
        select start from bars
        where symbol = s.symbol and interval = %(interval)s and start >= to_timestamp(%(earliest)s)
        order by start desc limit 1 offset %(returns)s
    ) b
"""


class LatestRow(NamedTuple):
    """One of the last two closed bars of a symbol; `start` in epoch seconds."""

    symbol: str
    start: int
    close: float
    sma_long: float | None


def closes_since(cursor: Cursor, interval: Interval, since: int) -> dict[str, list[Close]]:
    """The closes of every symbol from `since` on, epoch seconds, in order."""
    cursor.execute(
        "select symbol, extract(epoch from start)::bigint, close from bars"
        " where interval = %s and start >= to_timestamp(%s) order by symbol, start",
        (interval, since),
    )
    found: dict[str, list[Close]] = {}
    for symbol, start, close in cursor.fetchall():
        found.setdefault(symbol, []).append(Close(start, close))
    return found


def newest_start(cursor: Cursor, interval: Interval) -> int | None:
    """The start of the newest closed bar, epoch seconds; None if there is none."""
    cursor.execute("select extract(epoch from max(start))::bigint from bars where interval = %s", (interval,))
    ((start,),) = cursor.fetchall()
    return None if start is None else int(start)


def first_start(cursor: Cursor, interval: Interval, returns: int, earliest: int) -> int:
    """The start of the first bar that is needed for so many returns of each symbol, but not before `earliest`; epoch
    seconds. `earliest` if no symbol has so many bars since then."""
    cursor.execute(FIRST, {"interval": interval, "returns": returns, "earliest": earliest})
    ((start,),) = cursor.fetchall()
    return earliest if start is None else int(start)


def latest_two(cursor: Cursor, interval: Interval) -> list[LatestRow]:
    """The last two closed bars of every symbol, in order."""
    cursor.execute(LATEST, (interval,))
    return [LatestRow(*row) for row in cursor.fetchall()]


def splits_since(cursor: Cursor, since: int) -> dict[str, list[SplitAt]]:
    """The splits of every symbol from `since` on, epoch seconds, in order of their times."""
    cursor.execute(
        "select symbol, extract(epoch from time)::double precision, value from corporate_actions"
        " where action = 'split' and time >= to_timestamp(%s) order by symbol, time",
        (since,),
    )
    found: dict[str, list[SplitAt]] = {}
    for symbol, time, ratio in cursor.fetchall():
        found.setdefault(symbol, []).append(SplitAt(time, ratio))
    return found


def exchanges(cursor: Cursor) -> dict[str, str | None]:
    """The exchange of every symbol."""
    cursor.execute("select symbol, exchange from symbols")
    return dict(cursor.fetchall())
