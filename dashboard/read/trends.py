"""The trends of the watchlist: each symbol's closes of the day, read again only if there is a new one."""

from collections.abc import Iterable

from dashboard.read.freshness import HOUR, day_began
from dashboard.read.rows import OpenBarRow, SeriesKey, SymbolRow
from dashboard.read.snapshot import Reading
from dashboard.read.sql import queries
from shared.postgres.database import Cursor

TREND_BARS = 288
"""The number of 5m bars in 24 hours."""


def trends_now(
    cursor: Cursor, old: Reading, symbols: dict[str, SymbolRow], open_bars: dict[SeriesKey, OpenBarRow]
) -> dict[str, tuple[float, ...]]:
    """The trend of each symbol: read again if it has a new point; empty if the day has no bar yet."""
    kept = {symbol: trend for symbol, trend in old.trends.items() if symbol in symbols}
    moved = trends_moved(old, symbols, open_bars)
    if not moved:
        return kept
    return kept | dict.fromkeys(moved, ()) | queries.read_trends(cursor, _days_of(symbols, moved), TREND_BARS)


def trends_moved(old: Reading, symbols: Iterable[str], open_bars: dict[SeriesKey, OpenBarRow]) -> list[str]:
    """The symbols whose open 5m bar has changed, so that their trend has a new point."""

    def start(bars: dict[SeriesKey, OpenBarRow], symbol: str) -> int | None:
        found = bars.get((symbol, "5m"))
        return found.bar.start if found else None

    return [
        symbol
        for symbol in symbols
        if symbol not in old.trends or start(old.open_bars, symbol) != start(open_bars, symbol)
    ]


def _days_of(symbols: dict[str, SymbolRow], moved: Iterable[str]) -> dict[str, int]:
    """The start of the exchange's day of each symbol's last quote; a symbol without a quote is omitted."""
    rows = ((symbol, symbols[symbol]) for symbol in moved)
    return {
        symbol: day_began(row.exchange, int(row.event_time // HOUR)) for symbol, row in rows if row.event_time
    }
