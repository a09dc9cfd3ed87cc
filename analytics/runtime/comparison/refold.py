"""Folds the log of a partition again, from the first message that was read to the last one."""

from collections.abc import Iterator
from math import inf

from analytics.engine.armed_rules import PastSeries
from analytics.engine.deployments import Deployments
from analytics.engine.engine import Engine
from analytics.engine.events import Event
from analytics.runtime.across.evaluated_again import EvaluatedAgain
from analytics.runtime.comparison.errors import LogIncomplete
from analytics.runtime.comparison.newest_bars import NewestBars
from analytics.runtime.comparison.stored_inputs import NOT_STORED, StoredModels, StoredSearches
from analytics.runtime.comparison.stored_state import StoredState
from analytics.runtime.comparison.stretches import Stretch
from analytics.runtime.comparison.whole_log import OpenLog
from analytics.runtime.partition import Partition, appended_times
from analytics.store.alerts.alert_tables import write_no_data_alerts, write_provisional
from analytics.store.comparison.compared_tables import Period
from analytics.store.forecasts.forecast_tables import write_forecasts
from analytics.store.snapshot_tables import FoldSnapshot
from analytics.store.tables import write_closed
from shared.kafka import Message
from shared.market.records import Interval
from shared.postgres.database import Connection, transaction
from shared.progress.batches import Batch, decoded
from shared.progress.epochs import NO_EPOCH, EpochTracker
from shared.progress.provenance import FoldedRecords


class Refold:
    """Writes the bars of a period, and everything derived from them, through `connection`.

    `unknown_since` is the earliest end of a bar, by interval, whose forecasts depend on the outcome of a search that is
    not stored. `kept_until` is the end of the last bar, by symbol, whose alerts and forecasts an earlier version
    calculated. Both in epoch seconds.
    """

    def __init__(
        self,
        connection: Connection,
        period: Period,
        stored: StoredState,
        searches: StoredSearches,
        models: StoredModels,
        closed_bars: PastSeries,
    ) -> None:
        self._connection, self._period, self._stored = connection, period, stored
        self._searches, self._models, self._closed_bars = searches, models, closed_bars
        self.unknown_since: dict[Interval, float] = {}
        self.kept_until: dict[str, float] = {}
        self._unknown: set[tuple[int, Interval]] = set()
        self._evaluated_again = EvaluatedAgain(stored.evaluations)

    def fold(self, number: int, opened: OpenLog) -> Iterator[int]:
        """Fold a partition. Yields the number of messages of each batch.

        Raises Unavailable, and LogIncomplete if an offset has no message any more.
        """
        at, stretches = self._stored.reached[number], self._stored.plans[number].stretches
        engine = Engine(stretches[0].settings, self._searches, self._closed_bars)
        deployments = Deployments(self._models, {}, self._stored.deployments[number])
        snapshot = FoldSnapshot(at.first_offset, {}, {})
        partition = Partition(engine, snapshot, at.next_offset, {}, deployments)
        epochs, newest = EpochTracker(NO_EPOCH, at.first_offset), NewestBars()
        for stretch in stretches:
            self._change_settings(partition, stretch, newest)
            for messages in opened.reader.forwards(number, stretch.first, stretch.end):
                _require_every_offset(number, partition.reached, messages)
                rejected, _ = epochs.follow(messages)
                batch = decoded(number, partition.reached, messages, opened.log.partitions, rejected)
                partition.fold(batch)
                self._write(batch, partition, newest if stretch.end < at.next_offset else None)
                yield len(messages)
            if not stretch.is_whole:
                self._note_kept(partition.engine)
        self._evaluated_again.note_symbols(number, partition.engine.symbols)

    def evaluate_across(self) -> None:
        """Evaluate the rules that compare symbols, after all partitions were folded."""
        with transaction(self._connection) as cursor:
            self._evaluated_again.evaluate(cursor, self._period)

    def _change_settings(self, partition: Partition, stretch: Stretch, newest: NewestBars) -> None:
        if partition.engine.settings != stretch.settings:
            with transaction(self._connection) as cursor:
                partition.past_bars = newest.past_bars(
                    cursor, partition.engine, stretch.settings, stretch.first
                )
            partition.apply_settings(stretch.settings)

    def _write(self, batch: Batch, partition: Partition, newest: NewestBars | None) -> None:
        """Write the bars of the period that a batch closed; keep all in `newest` if settings change later."""
        number = batch.partition
        events = partition.take_events()
        partition.take_actions()
        partition.engine.take_set_aside()
        of_rules = partition.engine.rules.take()
        self._evaluated_again.note_changes(number, of_rules.changes)
        no_data = [each for each in of_rules.no_data if self._period.holds(each.no_data.time)]
        if newest is not None:
            newest.add(events)
        self._note_unknown(number, events)
        found = [event for event in events if self._period.has(event.closed.bar)]
        provisional = [each for each in of_rules.provisional if self._period.has(each.alert.bar)]
        if found or no_data or provisional:
            records = FoldedRecords(number, appended_times(batch, events, of_rules))
            with transaction(self._connection) as cursor:
                write_no_data_alerts(cursor, records, no_data)
                write_provisional(cursor, records, provisional)
                write_closed(cursor, records, found)
                write_forecasts(cursor, records, found)

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

    def _note_kept(self, engine: Engine) -> None:
        whole_partition = engine.state()["closed_until"]
        for symbol, state in engine.symbols.items():
            self.kept_until[symbol] = max(state.closed_until, whole_partition)


def _require_every_offset(number: int, expected: int, messages: list[Message]) -> None:
    if messages[0].offset != expected or messages[-1].offset - expected != len(messages) - 1:
        raise LogIncomplete(f"partition {number} lacks messages after offset {expected} that were read")
