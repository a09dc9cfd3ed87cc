"""Folds the log of a partition again, from the first message that was read to the last one."""

from collections.abc import Iterator
from math import inf

from analytics.engine.deployments import Deployments
from analytics.engine.engine import Engine, Event
from analytics.runtime.comparison.errors import LogIncomplete
from analytics.runtime.comparison.stored_inputs import NOT_STORED, StoredModels, StoredSearches
from analytics.runtime.comparison.stored_state import StoredState
from analytics.runtime.comparison.whole_log import OpenLog
from analytics.runtime.partition import Partition
from analytics.store.compared_tables import Period
from analytics.store.forecast_tables import write_forecasts
from analytics.store.snapshot_tables import FoldSnapshot
from analytics.store.tables import write_closed
from shared.kafka import Message
from shared.market.records import Interval
from shared.postgres.database import Connection, transaction
from shared.progress.batches import decoded
from shared.progress.epochs import NO_EPOCH, EpochTracker


class Refold:
    """Writes the bars of a period, and everything derived from them, through `connection`.

    `unknown_since` is the earliest end of a bar, by interval, whose forecasts depend on the outcome of a search that is
    not stored; epoch seconds.
    """

    def __init__(
        self,
        connection: Connection,
        period: Period,
        stored: StoredState,
        searches: StoredSearches,
        models: StoredModels,
    ) -> None:
        self._connection, self._period, self._stored = connection, period, stored
        self._searches, self._models = searches, models
        self.unknown_since: dict[Interval, float] = {}
        self._unknown: set[tuple[int, Interval]] = set()

    def fold(self, number: int, opened: OpenLog) -> Iterator[int]:
        """Fold a partition. Yields the number of messages of each batch.

        Raises Unavailable, and LogIncomplete if an offset has no message any more.
        """
        at = self._stored.reached[number]
        engine = Engine(self._stored.settings, self._searches)
        deployments = Deployments(self._models, {}, self._stored.deployments[number])
        partition = Partition(engine, FoldSnapshot(at.first_offset, {}, {}), at.next_offset, {}, deployments)
        epochs = EpochTracker(NO_EPOCH, at.first_offset)
        for messages in opened.reader.forwards(number, at.first_offset, at.next_offset):
            _require_every_offset(number, partition.reached, messages)
            rejected, _ = epochs.follow(messages)
            partition.fold(decoded(number, partition.reached, messages, opened.log.partitions, rejected))
            partition.take_actions()
            partition.engine.take_set_aside()
            self._write(number, partition.take_events())
            yield len(messages)

    def _write(self, number: int, events: list[Event]) -> None:
        self._note_unknown(number, events)
        found = [event for event in events if self._period.has(event.closed.bar)]
        if found:
            with transaction(self._connection) as cursor:
                write_closed(cursor, number, found)
                write_forecasts(cursor, found)

    def _note_unknown(self, number: int, events: list[Event]) -> None:
        """After such a search, forecasts of every symbol of the partition and interval differ: they share their
        widths."""
        for event in events:
            bar, step = event.closed.bar, event.step
            if step is not None and step.fit is not None and step.fit.outcome is NOT_STORED:
                self._unknown.add((number, bar.interval))
            if (number, bar.interval) in self._unknown:
                since = self.unknown_since.get(bar.interval, inf)
                self.unknown_since[bar.interval] = min(since, bar.end)


def _require_every_offset(number: int, expected: int, messages: list[Message]) -> None:
    if messages[0].offset != expected or messages[-1].offset - expected != len(messages) - 1:
        raise LogIncomplete(f"partition {number} lacks messages after offset {expected} that were read")
