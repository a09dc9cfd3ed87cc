"""SELECTs over the closed bars of many symbols."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from analytics.cross_section.moves import PricedBar
from shared.market.records import Interval
from shared.market.splits import SplitAt
from shared.postgres.database import Cursor

LATEST = """
    select b.symbol, extract(epoch from b.start)::bigint, extract(epoch from b."end")::bigint, b.close, i.sma_long
    from symbols s
    cross join lateral (
        select symbol, interval, start, "end", close from bars
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

BARS = """
    select c.symbol, array_agg(extract(epoch from b.start)::bigint order by b.start),
        array_agg(extract(epoch from b."end")::bigint order by b.start), array_agg(b.close order by b.start),
        array_agg(b.average order by b.start)
    from unnest(%(symbols)s::text[], %(firsts)s::bigint[], %(sinces)s::bigint[]) as c (symbol, first, since)
    cross join lateral (
        (select start, "end", close, null::double precision as average from bars where symbol = c.symbol
            and interval = %(interval)s and start < to_timestamp(c.first) order by start desc limit 1)
        union all
        select start, "end", close, null from bars where symbol = c.symbol and interval = %(interval)s
            and start >= to_timestamp(c.first) and start < to_timestamp(c.since)
        union all
        select k.start, k."end", k.close, i.sma_long from (
            select symbol, interval, start, "end", close from bars where symbol = c.symbol
                and interval = %(interval)s and start >= to_timestamp(c.since) order by start limit %(most)s
        ) k left join lateral (
            select sma_long from indicators
            where symbol = k.symbol and interval = k.interval and start = k.start limit 1
        ) i on true
    ) b group by c.symbol
"""
"""Each symbol reads by key the bar before `first`, those until `since`, and a number of those from there on, with
their averages. The limits enforce this: statistics are outdated right after a backfill."""

AROUND = """
    select extract(epoch from start)::bigint, extract(epoch from "end")::bigint, close, null from (
        (select start, "end", close from bars where symbol = %(symbol)s and interval = %(interval)s
            and start < to_timestamp(%(since)s) order by start desc limit %(before)s)
        union all
        (select start, "end", close from bars where symbol = %(symbol)s and interval = %(interval)s
            and start >= to_timestamp(%(since)s) order by start limit %(most)s)
    ) found order by start
"""


class Wanted(NamedTuple):
    """The bars of a symbol to read: those from `first` on until `since`, and the next ones; in epoch seconds."""

    symbol: str
    first: int
    since: int


def bars_since(cursor: Cursor, interval: Interval, since: int) -> dict[str, list[PricedBar]]:
    """The bars of every symbol that start at `since` or later, epoch seconds, in order and without averages."""
    cursor.execute(
        'select symbol, extract(epoch from start)::bigint, extract(epoch from "end")::bigint, close, null from bars'
        " where interval = %s and start >= to_timestamp(%s) order by symbol, start",
        (interval, since),
    )
    return _by_symbol((symbol, PricedBar(*bar)) for symbol, *bar in cursor.fetchall())


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


def latest_two(cursor: Cursor, interval: Interval) -> dict[str, list[PricedBar]]:
    """The last two closed bars of every symbol, in order; one that has a single bar has one here."""
    cursor.execute(LATEST, (interval,))
    return _by_symbol((symbol, PricedBar(*bar)) for symbol, *bar in cursor.fetchall())


def _by_symbol(bars: Iterable[tuple[str, PricedBar]]) -> dict[str, list[PricedBar]]:
    found: dict[str, list[PricedBar]] = {}
    for symbol, bar in bars:
        found.setdefault(symbol, []).append(bar)
    return found


def bars_of(
    cursor: Cursor, interval: Interval, wanted: Sequence[Wanted], most: int
) -> dict[str, list[PricedBar]]:
    """The bars of these symbols, in order: the one before `first`, all until `since`, and up to `most` from there on,
    which have their averages. Symbols without bars are left out."""
    symbols, firsts, sinces = (list(column) for column in zip(*wanted, strict=True))
    known = {"symbols": symbols, "firsts": firsts, "sinces": sinces, "interval": interval, "most": most}
    cursor.execute(BARS, known)
    return {
        symbol: [PricedBar(*bar) for bar in zip(*columns, strict=True)]
        for symbol, *columns in cursor.fetchall()
    }


def bars_around(
    cursor: Cursor, interval: Interval, symbol: str, since: int, before: int, most: int
) -> list[PricedBar]:
    """Up to `most` bars of a symbol that start at `since` or later, epoch seconds, and `before` earlier ones, in order
    and without averages."""
    known = {"symbol": symbol, "interval": interval, "since": since, "before": before, "most": most}
    cursor.execute(AROUND, known)
    return [PricedBar(*row) for row in cursor.fetchall()]


def splits_of(cursor: Cursor, symbols: Iterable[str]) -> dict[str, list[SplitAt]]:
    """All splits of these symbols, in order of their times; symbols without any are left out."""
    cursor.execute(
        "select symbol, extract(epoch from time)::double precision, value from corporate_actions"
        " where action = 'split' and symbol = any(%s) order by symbol, time",
        (list(symbols),),
    )
    found: dict[str, list[SplitAt]] = {}
    for symbol, time, ratio in cursor.fetchall():
        found.setdefault(symbol, []).append(SplitAt(time, ratio))
    return found
