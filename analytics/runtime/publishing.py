"""Publishes what a page shows and what may be outdated: the live view, and the accuracy of the models' forecasts.

Before anything is written, the stored offset confirms that the partition is still assigned to this process.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from analytics.runtime.partition import Partition
from analytics.store.forecast_tables import write_forecast_records
from analytics.store.tables import write_live
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.offsets import GroupOnTopic, hold

LIVE_SECONDS = 0.25
FORECAST_RECORD_SECONDS = 1.0
"""A forecast record changes after each bar of its series. While a backlog is read, many bars close every second."""
SYMBOLS_AT_ONCE = 200
MAX_SHARE = 0.1
"""The largest share of the time that the live view may take, and the forecast records likewise."""

Changed = Callable[[Partition], dict[str, Any]]
"""The symbols of a partition that have changed since they were written, as keys."""
Write = Callable[[Cursor, Partition, list[str]], None]


class LivePublisher:
    """The partitions of one process; they may be assigned and lost between two calls."""

    def __init__(self, reading: GroupOnTopic, partitions: Mapping[int, Partition]) -> None:
        self._reading, self._partitions = reading, partitions
        self._live_at = self._forecast_records_at = 0.0

    def publish_due(self, connection: Connection) -> None:
        """Update the live view several times a second, and the forecast records once a second."""
        self._live_at = _publish_if_due(self._live_at, LIVE_SECONDS, lambda: self._publish_live(connection))
        self._forecast_records_at = _publish_if_due(
            self._forecast_records_at,
            FORECAST_RECORD_SECONDS,
            lambda: self._publish_forecast_records(connection),
        )

    def publish_all(self, connection: Connection) -> None:
        """Bring everything up to the last offset."""
        while self._publish_live(connection):
            continue
        while self._publish_forecast_records(connection):
            continue

    def _publish_live(self, connection: Connection) -> bool:
        return self._publish(connection, lambda partition: partition.unpublished, _write_live)

    def _publish_forecast_records(self, connection: Connection) -> bool:
        return self._publish(
            connection, lambda partition: partition.outdated_forecast_records, _write_forecast_records
        )

    def _publish(self, connection: Connection, changed: Changed, write: Write) -> bool:
        """Write some changed symbols of each partition, which then count as unchanged. Returns whether there were
        any."""
        is_changed = False
        for number, partition in self._partitions.items():
            waiting = changed(partition)
            symbols = list(waiting)[:SYMBOLS_AT_ONCE] if partition.is_current else []
            if not symbols:
                continue
            with transaction(connection) as cursor:
                hold(cursor, self._reading, number, partition.written)
                write(cursor, partition, symbols)
            for symbol in symbols:
                del waiting[symbol]
            is_changed = True
        return is_changed


def _write_live(cursor: Cursor, partition: Partition, symbols: list[str]) -> None:
    write_live(cursor, [partition.engine.symbols[symbol] for symbol in symbols])


def _write_forecast_records(cursor: Cursor, partition: Partition, symbols: list[str]) -> None:
    write_forecast_records(cursor, partition.outdated_forecasts(symbols))


def _publish_if_due(due_at: float, seconds: float, publish: Callable[[], bool]) -> float:
    """Publish if it is due. Returns when it is due next: `seconds` after this time, or later if its share of the time
    requires it; at once if there was nothing to publish."""
    began = time.monotonic()
    if began < due_at or not publish():
        return due_at
    return began + max(seconds, (time.monotonic() - began) / MAX_SHARE)
