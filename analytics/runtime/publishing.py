"""Publishes what a page shows and what may be outdated: the live view, and the records of the models' forecasts.

Before anything is written, the stored offset confirms that the partition is still assigned to this process.
"""

import time
from collections.abc import Callable, Mapping

from analytics.runtime.partition import Partition
from analytics.store.forecast_tables import write_records
from analytics.store.tables import write_live
from shared.consumer_loop.offsets import GroupOnTopic, hold
from shared.postgres.database import Connection, transaction

LIVE_SECONDS = 0.25
RECORD_SECONDS = 1.0
"""A record has changed after each bar of its series. While a backlog is read, many bars close every second."""
SYMBOLS_AT_ONCE = 200
SHARE = 0.1
"""The largest share of the time that the live view may take, and the records likewise."""


class LivePublisher:
    """The partitions of one process; they may be assigned and lost between two calls."""

    def __init__(self, reading: GroupOnTopic, partitions: Mapping[int, Partition]) -> None:
        self._reading, self._partitions = reading, partitions
        self._live_at = self._records_at = 0.0

    def publish_due(self, connection: Connection) -> None:
        """Update the live view several times a second, and the records once a second."""
        self._live_at = _next(self._live_at, LIVE_SECONDS, lambda: self._publish_live(connection))
        self._records_at = _next(self._records_at, RECORD_SECONDS, lambda: self._publish_records(connection))

    def publish_all(self, connection: Connection) -> None:
        """Bring everything up to the last offset."""
        while self._publish_live(connection):
            continue
        while self._publish_records(connection):
            continue

    def _publish_live(self, connection: Connection) -> bool:
        """Update the live view of some changed symbols of each partition. Returns whether there were any."""
        is_changed = False
        for number, partition in self._partitions.items():
            symbols = list(partition.unpublished)[:SYMBOLS_AT_ONCE] if partition.is_current else []
            if not symbols:
                continue
            with transaction(connection) as cursor:
                hold(cursor, self._reading, number, partition.written)
                write_live(cursor, [partition.engine.symbols[symbol] for symbol in symbols])
            for symbol in symbols:
                del partition.unpublished[symbol]
            is_changed = True
        return is_changed

    def _publish_records(self, connection: Connection) -> bool:
        """Update the records of some symbols of each partition. Returns whether there were any."""
        is_changed = False
        for number, partition in self._partitions.items():
            symbols = list(partition.outdated_records)[:SYMBOLS_AT_ONCE] if partition.is_current else []
            if not symbols:
                continue
            with transaction(connection) as cursor:
                hold(cursor, self._reading, number, partition.written)
                write_records(cursor, partition.take_outdated_records(symbols))
            is_changed = True
        return is_changed


def _next(due_at: float, seconds: float, publish: Callable[[], bool]) -> float:
    """Publish if it is due. Returns when it is due next: once there is something to publish and its share allows."""
    began = time.monotonic()
    if began < due_at or not publish():
        return due_at
    return began + max(seconds, (time.monotonic() - began) / SHARE)
