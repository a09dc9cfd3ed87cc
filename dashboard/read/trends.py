"""The trends of the watchlist: the closes of each symbol's day, read again only where there is a new one."""

from collections.abc import Iterable

from dashboard.presenters.freshness import HOUR, day_began
from dashboard.read import queries
from dashboard.read.rows import OpenBarRow, SeriesKey, SymbolRow
from dashboard.read.snapshot import Reading
from shared.postgres.database import Cursor

TREND_BARS = 288
"""5m bars of a day that trades around the clock."""


def trends_now(
    cursor: Cursor, old: Reading, symbols: dict[str, SymbolRow], open_bars: dict[SeriesKey, OpenBarRow]
) -> dict[str, tuple[float, ...]]:
    """The trend of each symbol: read again where it has a new point; empty where the day has no bar yet."""
    kept = {symbol: trend for symbol, trend in old.trends.items() if symbol in symbols}
    moved = trends_moved(old, symbols, open_bars)
    return kept | dict.fromkeys(moved, ()) | queries.read_trends(cursor, _days_of(symbols, moved), TREND_BARS)


def trends_moved(old: Reading, symbols: Iterable[str], open_bars: dict[SeriesKey, OpenBarRow]) -> list[str]:
    """The symbols whose open 5m bar is another than before, so that their trend has a new point."""

    def start(bars: dict[SeriesKey, OpenBarRow], symbol: str) -> int | None:
        found = bars.get((symbol, "5m"))
        return found.bar.start if found else None

    return [
        symbol
        for symbol in symbols
        if symbol not in old.trends or start(old.open_bars, symbol) != start(open_bars, symbol)
    ]


def _days_of(symbols: dict[str, SymbolRow], moved: Iterable[str]) -> dict[str, int]:
    """When the day of each of these symbols' last quote began at its exchange; one without a quote is left out."""
    rows = ((symbol, symbols[symbol]) for symbol in moved)
    return {
        symbol: day_began(row.exchange, int(row.event_time // HOUR)) for symbol, row in rows if row.event_time
    }
