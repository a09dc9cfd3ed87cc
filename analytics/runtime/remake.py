"""Everything that is made of a partition, made anew from the log: its tables were cut back, and its state with them."""

from analytics.engine.engine import Event
from analytics.store.forecast_tables import write_forecasts
from analytics.store.tables import write_closed
from shared.kafka import partition_of
from shared.observability.heartbeat import long_step
from shared.postgres.database import Cursor, allow_hours

DELETE_SECONDS = 3600.0

DERIVED_TABLES = (
    *("bars", "indicators", "alerts", "symbols", "open_bars"),
    *("forecasts", "forecast_scores", "forecast_fits", "forecast_records"),
)
"""Tables by symbol that the fold fills. Splits and dividends go by partition: the prices behind them settled them."""


def delete_derived(cursor: Cursor, partition: int) -> None:
    """Delete what was made of a partition's symbols."""
    allow_hours(cursor)
    with long_step(DELETE_SECONDS):
        symbols = _symbols(cursor, partition)
        for table in DERIVED_TABLES:
            cursor.execute(f"delete from {table} where symbol = any(%s)", (symbols,))  # noqa: S608
        cursor.execute("delete from corporate_actions where partition = %s", (partition,))


def write_remade(cursor: Cursor, partition: int, events: list[Event]) -> None:
    """Write closed bars and all that came of them anew."""
    write_closed(cursor, partition, events)
    write_forecasts(cursor, events)


def _symbols(cursor: Cursor, partition: int) -> list[str]:
    """The symbols of a partition that any table has."""
    cursor.execute("select partitions from log_origin")
    ((partitions,),) = cursor.fetchall()
    cursor.execute(
        "select symbol from symbols union select symbol from bars union select symbol from open_bars"
    )
    return [
        symbol for (symbol,) in cursor.fetchall() if partition_of(symbol.encode(), partitions) == partition
    ]
