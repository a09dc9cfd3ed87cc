"""Recalculates everything derived from a partition's log, after its tables and its state were cut back."""

from analytics.engine.events import Event
from analytics.store.across.rule_runs import undo_runs
from analytics.store.forecasts.forecast_tables import write_forecasts
from analytics.store.tables import write_closed
from shared.kafka import partition_of
from shared.observability.heartbeat import long_step
from shared.postgres.database import Cursor, allow_hours
from shared.progress.provenance import FoldedRecords

DELETE_SECONDS = 3600.0

DERIVED_TABLES = (
    *("bars", "indicators", "own_indicators", "alerts", "symbols", "open_bars"),
    *("forecasts", "forecast_scores", "forecast_fits", "forecast_records"),
)
"""Tables by symbol that the analysis fills. Splits and dividends are deleted by partition, because prices of its log
settled them."""


def delete_derived(cursor: Cursor, partition: int) -> None:
    """Delete everything that was derived for a partition's symbols."""
    allow_hours(cursor)
    with long_step(DELETE_SECONDS):
        symbols = _symbols(cursor, partition)
        undo_runs(cursor, symbols)
        for table in DERIVED_TABLES:
            cursor.execute(f"delete from {table} where symbol = any(%s)", (symbols,))  # noqa: S608
        cursor.execute("delete from corporate_actions where partition = %s", (partition,))


def write_remade(cursor: Cursor, records: FoldedRecords, events: list[Event]) -> None:
    """Write recalculated closed bars and everything derived from them."""
    write_closed(cursor, records, events)
    write_forecasts(cursor, records, events)


def _symbols(cursor: Cursor, partition: int) -> list[str]:
    """The symbols of a partition that occur in any table."""
    cursor.execute("select partitions from log_origin")
    ((partitions,),) = cursor.fetchall()
    cursor.execute(
        "select symbol from symbols union select symbol from bars union select symbol from open_bars"
    )
    return [
        symbol for (symbol,) in cursor.fetchall() if partition_of(symbol.encode(), partitions) == partition
    ]
