"""Publishes what a page shows and what may be outdated: the live view, and the accuracy of the models' forecasts.

Before anything is written, the stored offset confirms that the partition is still assigned to this process.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from analytics.engine.symbol_state import SymbolState
from analytics.runtime.partition import Partition
from analytics.store.forecasts.forecast_tables import write_forecast_records
from analytics.store.tables import write_last_quotes, write_live
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.offsets import GroupOnTopic, hold

LAST_QUOTES_SECONDS = 0.05
"""A page paints twenty times a second at most."""
LIVE_SECONDS = 0.25
FORECAST_RECORD_SECONDS = 1.0
"""A forecast record changes after each bar of its series. While a backlog is read, many bars close every second."""
SYMBOLS_AT_ONCE = 200
MAX_FRACTION = 0.1
"""The largest fraction of the time that the live view may take, the last quotes and the forecast records likewise."""
HISTORY_FRACTION = 0.02
"""The same while a history is read: each of its bars is outdated at once, and it should end soon."""
LONGEST_SECONDS = 10.0
"""The longest pause, also after a publication that a full disk or a lock held up."""

Changed = Callable[[Partition], dict[str, Any]]
"""The symbols of a partition that have changed since they were written, as keys."""
Write = Callable[[Cursor, Partition, list[str]], None]


class Pace:
    """When something is published next: `seconds` after the last time, or later if its fraction of the time requires
    it, but within LONGEST_SECONDS; at once if there was nothing to publish."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began, self._took = float("-inf"), 0.0

    def publish_if_due(self, fraction: float, publish: Callable[[], bool]) -> None:
        """Publish if it is due, so that it takes at most this fraction of the time."""
        began = time.monotonic()
        pause = max(self._seconds, min(self._took / fraction, LONGEST_SECONDS))
        if began >= self._began + pause and publish():
            self._began, self._took = began, time.monotonic() - began


class LivePublisher:
    """The partitions of one process; they may be assigned and lost between two calls."""

    def __init__(self, reading: GroupOnTopic, partitions: Mapping[int, Partition]) -> None:
        self._reading, self._partitions = reading, partitions
        self._last_quotes = Pace(LAST_QUOTES_SECONDS)
        self._live, self._forecast_records = Pace(LIVE_SECONDS), Pace(FORECAST_RECORD_SECONDS)

    def publish_due(self, connection: Connection) -> None:
        """Update the last quotes up to twenty times a second, the live view four times, and the forecast records
        once. While a backlog is read, last quotes are outdated at once: then they come with the live view."""
        if not any(partition.is_behind for partition in self._partitions.values()):
            self._last_quotes.publish_if_due(MAX_FRACTION, lambda: self._publish_last_quotes(connection))
        reads_history = any(partition.reads_history for partition in self._partitions.values())
        fraction = HISTORY_FRACTION if reads_history else MAX_FRACTION
        self._live.publish_if_due(fraction, lambda: self._publish_live(connection))
        self._forecast_records.publish_if_due(fraction, lambda: self._publish_forecast_records(connection))

    def publish_all(self, connection: Connection) -> None:
        """Bring everything up to the last offset."""
        while self._publish_live(connection):
            continue
        while self._publish_forecast_records(connection):
            continue

    def _publish_last_quotes(self, connection: Connection) -> bool:
        """Write the last quotes of all partitions in one transaction, which costs less than one for each."""
        moved = {
            number: list(partition.moved)[:SYMBOLS_AT_ONCE]
            for number, partition in self._partitions.items()
            if partition.is_current and partition.moved
        }
        if not moved:
            return False
        with transaction(connection) as cursor:
            states: dict[
                str, SymbolState
            ] = {}  # a symbol may be in several partitions, after their number was changed
            for number, symbols in moved.items():
                partition = self._partitions[number]
                hold(cursor, self._reading, number, partition.written)
                states |= {symbol: partition.engine.symbols[symbol] for symbol in symbols}
            write_last_quotes(cursor, list(states.values()))
        for number, symbols in moved.items():
            for symbol in symbols:
                del self._partitions[number].moved[symbol]
        return True

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
    for symbol in symbols:
        partition.moved.pop(symbol, None)


def _write_forecast_records(cursor: Cursor, partition: Partition, symbols: list[str]) -> None:
    write_forecast_records(cursor, partition.outdated_forecasts(symbols))
