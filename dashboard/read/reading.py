"""One look at the tables: what changes with every quote is read each time, the rest where it may be another."""

from dashboard.read import forecast_queries, queries
from dashboard.read.rows import ForecastRow, RecordRow, SeriesKey
from dashboard.read.snapshot import Reading, Remake, messages_known, past_of
from dashboard.read.trends import trends_now
from shared.postgres.database import Cursor

ALERTS_SHOWN = 200
DATA_ALERTS_SHOWN = 50


def read_tables(cursor: Cursor, old: Reading, feed: str, group: str, is_due: bool) -> Reading:
    """Everything the screen shows but closed bars. `group` is the analytics part's in the log; what changes once a day
    is read where it `is_due`, and is that of the `old` reading otherwise."""
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
        folded=folded,
        known=known,
        past=past_of(symbols, now, known - folded),
        remake=remake_now(cursor, old.remake),
    )


def remake_now(cursor: Cursor, old: Remake) -> Remake:
    """Whether what was made of the log is being made anew. It costs much to look through whole states, so they are
    looked through only where one was written since."""
    versions = queries.read_state_versions(cursor)
    return old if versions == old.versions else Remake(versions, queries.is_being_remade(cursor))


def records_moved(old: Reading, records: dict[SeriesKey, RecordRow]) -> list[SeriesKey]:
    """The series that have another record than before, and with it another forecast."""
    return [key for key, record in records.items() if old.records.get(key) != record]


def _forecasts(
    cursor: Cursor, old: Reading, records: dict[SeriesKey, RecordRow]
) -> dict[SeriesKey, ForecastRow]:
    """The newest forecast of each series: read again where its record has changed."""
    kept = {key: forecast for key, forecast in old.forecasts.items() if key in records}
    return kept | forecast_queries.read_forecasts(cursor, records_moved(old, records))
