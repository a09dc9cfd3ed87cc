"""The closed bars on which rules are tried."""

from typing import NamedTuple

from analytics.store.tables import splits_until
from shared.market.records import Bar, Interval
from shared.postgres.database import Cursor

BARS = """
    select symbol, interval, extract(epoch from start)::bigint, extract(epoch from "end")::bigint, open, high, low,
        close, volume, vwap, quotes, session, source
    from bars where symbol = %s and interval = %s order by start
"""
EVERY_OFFSET = 2**62


class StoredSplit(NamedTuple):
    """One share became `ratio` shares at `time`, in epoch seconds."""

    time: float
    ratio: float


class SymbolHistory(NamedTuple):
    """Every closed bar of a symbol and interval, in order and as it traded, and the symbol's splits."""

    symbol: str
    exchange: str | None
    bars: list[Bar]
    splits: list[StoredSplit]


def symbols_with_exchanges(cursor: Cursor) -> dict[str, str | None]:
    """Every stored symbol with its exchange, in order."""
    cursor.execute("select symbol, exchange from symbols order by symbol")
    return dict(cursor.fetchall())


def history_of(cursor: Cursor, symbol: str, exchange: str | None, interval: Interval) -> SymbolHistory:
    """The history of a symbol from its first stored bar on."""
    cursor.execute(BARS, (symbol, interval))
    bars = [Bar._make(row) for row in cursor.fetchall()]
    splits = [StoredSplit(*split) for split in splits_until(cursor, symbol, EVERY_OFFSET)]
    return SymbolHistory(symbol, exchange, bars, splits)
