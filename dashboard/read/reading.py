"""Reads the tables once: values that change with every quote each time, others once a second or when a bar closes."""

from dashboard.read.pace import sampled
from dashboard.read.rows import ForecastRow, OpenBarRow, SeriesAccuracy, SeriesKey, SymbolRow
from dashboard.read.snapshot import Reading, Rebuild, messages_known, outdated_symbols
from dashboard.read.sql import alert_queries, forecast_queries, queries, set_aside_queries
from dashboard.read.trends import trends_now
from shared.postgres.database import Cursor

ALERTS_SHOWN = 200
DATA_ALERTS_SHOWN = 50
SET_ASIDE_SHOWN = 3
"""Quotes that were set aside, for each symbol."""


def read_tables(cursor: Cursor, old: Reading, feed: str, group: str, is_full: bool) -> Reading:
    """Everything the page shows except closed bars. `group` is analytics' consumer group.

    Values that do not change with every quote are read if `is_full`, else taken from the `old` reading. Those that
    change when a bar closes are also read when the open bar of a series is another one.
    """
    symbols, parts, now = queries.read_symbols(cursor), queries.read_parts(cursor), queries.read_now(cursor)
    open_bars = queries.read_open_bars(cursor)
    rest = _read_rest(cursor, old, feed) if is_full else old
    closed = is_full or _starts(old.open_bars) != _starts(open_bars)
    accuracy = forecast_queries.read_series_accuracy(cursor) if closed else old.series_accuracy
    dead_letters, folded, stored = queries.read_progress(cursor, group)
    known = messages_known(parts, folded, stored)
    return rest._replace(
        now=now,
        symbols=symbols,
        open_bars=open_bars,
        trends=trends_now(cursor, old, symbols, open_bars),
        alerts=alert_queries.read_alerts(cursor, ALERTS_SHOWN) if closed else old.alerts,
        parts=parts,
        dead_letters=dead_letters,
        series_accuracy=accuracy,
        forecasts=_forecasts(cursor, old, accuracy),
        folded=folded,
        known=known,
        pace=sampled(old.pace, now, folded),
        outdated=outdated_symbols(symbols, now, known - folded),
    )


def with_last_quotes(old: Reading, symbols: dict[str, SymbolRow], now: float) -> Reading:
    """The old reading with the last quotes at `now`."""
    outdated = outdated_symbols(symbols, now, old.known - old.folded)
    return old._replace(now=now, symbols=symbols, outdated=outdated)


def _read_rest(cursor: Cursor, old: Reading, feed: str) -> Reading:
    """The old reading with the values that no quote changes."""
    return old._replace(
        first_start=queries.read_first_start(cursor) if feed == "replay" else None,
        qualities=queries.read_qualities(cursor),
        data_alerts=alert_queries.read_data_alerts(cursor, DATA_ALERTS_SHOWN)
        + set_aside_queries.read_set_aside(cursor, SET_ASIDE_SHOWN),
        actions=queries.read_actions(cursor),
        offer=queries.read_offer(cursor) if feed == "simulated" else None,
        trained=forecast_queries.read_trained(cursor),
        rebuild=read_rebuild(cursor, old.rebuild),
    )


def _starts(open_bars: dict[SeriesKey, OpenBarRow]) -> dict[SeriesKey, int]:
    return {key: row.bar.start for key, row in open_bars.items()}


def read_rebuild(cursor: Cursor, old: Rebuild) -> Rebuild:
    """Whether the tables are being rebuilt from the log. Snapshots are expensive to search, so they are searched only
    after one was written."""
    versions = queries.read_state_versions(cursor)
    return old if versions == old.versions else Rebuild(versions, queries.is_rebuilding(cursor))


def series_moved(old: Reading, accuracy: dict[SeriesKey, SeriesAccuracy]) -> list[SeriesKey]:
    """The series whose accuracy has changed, and with it their forecast."""
    return [key for key, found in accuracy.items() if old.series_accuracy.get(key) != found]


def _forecasts(
    cursor: Cursor, old: Reading, accuracy: dict[SeriesKey, SeriesAccuracy]
) -> dict[SeriesKey, ForecastRow]:
    """The newest forecast of each series: read again if its accuracy has changed."""
    kept = {key: forecast for key, forecast in old.forecasts.items() if key in accuracy}
    moved = series_moved(old, accuracy)
    return kept | forecast_queries.read_forecasts(cursor, moved) if moved else kept
