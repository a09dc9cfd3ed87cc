"""Reads the tables once: values that change with every quote each time, the others only when they may have changed."""

from dashboard.read import forecast_queries, queries
from dashboard.read.rows import ForecastRow, RecordRow, SeriesKey
from dashboard.read.snapshot import Reading, Rebuild, messages_known, outdated_symbols
from dashboard.read.trends import trends_now
from shared.postgres.database import Cursor

ALERTS_SHOWN = 200
DATA_ALERTS_SHOWN = 50


def read_tables(cursor: Cursor, old: Reading, feed: str, group: str, is_due: bool) -> Reading:
    """Everything the page shows except closed bars. `group` is analytics' consumer group. Values that change about
    once a day are read if `is_due`, else taken from the `old` reading."""
    symbols, parts, now = queries.read_symbols(cursor), queries.read_parts(cursor), queries.read_now(cursor)
    open_bars, records = queries.read_open_bars(cursor), forecast_queries.read_records(cursor)
    dead_letters, folded, stored = queries.read_progress(cursor, group)
    known = messages_known(parts, folded, stored)
    return Reading(
        now=now,
        symbols=symbols,
        open_bars=open_bars,
        trends=trends_now(cursor, old, symbols, open_bars),
        alerts=queries.read_alerts(cursor, ALERTS_SHOWN),
        parts=parts,
        dead_letters=dead_letters,
        first_start=queries.read_first_start(cursor) if is_due and feed == "replay" else old.first_start,
        qualities=queries.read_qualities(cursor),
        data_alerts=queries.read_data_alerts(cursor, DATA_ALERTS_SHOWN),
        actions=queries.read_actions(cursor) if is_due else old.actions,
        offer=queries.read_offer(cursor) if feed == "simulated" else None,
        records=records,
        forecasts=_forecasts(cursor, old, records),
        trained=forecast_queries.read_trained(cursor) if is_due else old.trained,
        folded=folded,
        known=known,
        outdated=outdated_symbols(symbols, now, known - folded),
        rebuild=read_rebuild(cursor, old.rebuild),
    )


def read_rebuild(cursor: Cursor, old: Rebuild) -> Rebuild:
    """Whether the tables are being rebuilt from the log. Snapshots are expensive to search, so they are searched only
    after one was written."""
    versions = queries.read_state_versions(cursor)
    return old if versions == old.versions else Rebuild(versions, queries.is_rebuilding(cursor))


def records_moved(old: Reading, records: dict[SeriesKey, RecordRow]) -> list[SeriesKey]:
    """The series whose record has changed, and with it their forecast."""
    return [key for key, record in records.items() if old.records.get(key) != record]


def _forecasts(
    cursor: Cursor, old: Reading, records: dict[SeriesKey, RecordRow]
) -> dict[SeriesKey, ForecastRow]:
    """The newest forecast of each series: read again if its record has changed."""
    kept = {key: forecast for key, forecast in old.forecasts.items() if key in records}
    return kept | forecast_queries.read_forecasts(cursor, records_moved(old, records))
