"""How far symbols have closed their bars, their splits, and the bars themselves, of several symbols at once."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from analytics.store.times import utc
from shared.market.records import INTERVAL_SECONDS, Bar, Interval
from shared.market.splits import SplitAt
from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

BarTable = Literal["bars", "public.bars"]
"""The stored bars; the second name means them also where temporary tables take their place."""

BARS = """
    select w.number, b.symbol, b.interval, extract(epoch from b.start)::bigint, extract(epoch from b."end")::bigint,
        b.open, b.high, b.low, b.close, b.volume, b.vwap, b.quotes, b.session, b.source, b.spread
    from unnest(%(symbols)s::text[], %(sinces)s::bigint[], %(untils)s::bigint[])
        with ordinality as w (symbol, since, until, number)
    cross join lateral (
        select * from {table} kept where kept.symbol = w.symbol and kept.interval = %(interval)s
            and kept.start > to_timestamp(w.since - %(longest)s) and kept.start < to_timestamp(w.until)
            and kept."end" > to_timestamp(w.since) and kept."end" <= to_timestamp(w.until)
        order by kept.start limit %(most)s
    ) b order by w.number, b.start
"""
"""Each symbol reads its bars by key: a bar is at most `longest` seconds long."""


class SymbolTime(NamedTuple):
    """The partition and the exchange of a symbol, and until when it has closed its bars, in epoch seconds."""

    partition: int
    exchange: str | None
    closed_until: int


class BarsWanted(NamedTuple):
    """The bars of a symbol that end after `since`, up to `until`; in epoch seconds."""

    symbol: str
    since: int
    until: int


class SplitPlace(NamedTuple):
    """The number of a split in a series, counted from 0, the end of the bar before it in epoch seconds, and its
    ratio."""

    symbol: str
    interval: Interval
    number: int
    place: float
    ratio: float


def write_times(cursor: Cursor, times: Iterable[tuple[str, SymbolTime]]) -> None:
    """Write how far these symbols are."""
    rows = [(symbol, time.partition, time.exchange, utc(time.closed_until)) for symbol, time in times]
    upsert(cursor, "symbol_times", ("symbol", "partition", "exchange", "closed_until"), rows)


def write_split_places(cursor: Cursor, splits: Sequence[SplitPlace]) -> None:
    """Write splits of series."""
    rows = [(*split[:3], utc(int(split.place)), split.ratio) for split in splits]
    upsert(cursor, "series_splits", SplitPlace._fields, rows, keys=3)


def forget_gone(cursor: Cursor, partition: int, symbols: Collection[str]) -> None:
    """Delete the symbols of a partition, which has these ones, that were calculated again and are not there any
    more."""
    cursor.execute(
        "delete from symbol_times where partition = %s and closed_until = 'epoch' and symbol <> all(%s)",
        (partition, list(symbols)),
    )


def times_of_symbols(cursor: Cursor) -> dict[str, SymbolTime]:
    """How far each symbol is; those that are being calculated again are left out."""
    cursor.execute(
        "select symbol, partition, exchange, extract(epoch from closed_until)::bigint from symbol_times"
        " where closed_until > 'epoch' order by symbol"
    )
    return {symbol: SymbolTime(*row) for symbol, *row in cursor.fetchall()}


def is_any_calculated_again(cursor: Cursor) -> bool:
    """Whether any symbol's bars are being calculated again."""
    cursor.execute("select exists (select from symbol_times where closed_until = 'epoch')")
    ((found,),) = cursor.fetchall()
    return bool(found)


def split_places(cursor: Cursor, interval: Interval, symbols: Sequence[str]) -> dict[str, list[SplitAt]]:
    """The splits of these symbols on an interval, in order; a symbol without any is left out."""
    cursor.execute(
        "select symbol, extract(epoch from place)::float8, ratio from series_splits"
        " where interval = %s and symbol = any(%s) order by symbol, number",
        (interval, list(symbols)),
    )
    found: dict[str, list[SplitAt]] = {}
    for symbol, place, ratio in cursor.fetchall():
        found.setdefault(symbol, []).append(SplitAt(place, ratio))
    return found


def bars_between(
    cursor: Cursor, interval: Interval, wanted: Collection[BarsWanted], most: int | None, table: BarTable
) -> dict[BarsWanted, list[Bar]]:
    """The bars of each of these, in order; at most so many of each, None for all."""
    each = list(dict.fromkeys(wanted))
    if not each:
        return {}
    symbols, sinces, untils = (list(column) for column in zip(*each, strict=True))
    longest = 2 * INTERVAL_SECONDS[interval]
    known = {"symbols": symbols, "sinces": sinces, "untils": untils, "interval": interval}
    cursor.execute(BARS.format(table=table), {**known, "longest": longest, "most": most})
    found: dict[BarsWanted, list[Bar]] = {one: [] for one in each}
    for number, *bar in cursor.fetchall():
        found[each[number - 1]].append(Bar(*bar))
    return found
