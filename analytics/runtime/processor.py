"""The analytics fold: one engine per partition, its events written to tables, its state to snapshots.

Closed bars, indicators, alerts and forecasts are written in the transaction that moves the offset. The live view and
the snapshots are written later, when there is time. They may be outdated but never wrong, because everything that a
restart processes again is marked as changed. Before either is written, the stored offset confirms that the partition is
still assigned to this process.
"""

import logging
import time
from typing import Any

from analytics.engine.armed_rules import NOTHING_STORED, PastSeries
from analytics.engine.deployments import Deployments, EmptyModelSource, ModelSource, Versions
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.indicator_set import SettingsChanged
from analytics.runtime.across.across_symbols import AcrossSymbols
from analytics.runtime.across.stalled_symbols import Ends
from analytics.runtime.partition import REMAKING, REWRITING, Partition, Unwritten, appended_times
from analytics.runtime.publishing import LivePublisher
from analytics.runtime.rebuild import bars_before_forecasts, rebuild
from analytics.runtime.remake import delete_derived
from analytics.runtime.searches import PooledSearches
from analytics.runtime.settings import encoded_settings, settings_of
from analytics.runtime.snapshots import SnapshotWriter
from analytics.store.across.rule_runs import evaluate_again
from analytics.store.alerts.alert_tables import write_provisional
from analytics.store.alerts.handlings import handlings_in, write_handlings
from analytics.store.forecasts.deployment_tables import deployments_from, write_deployments
from analytics.store.forecasts.forecast_tables import delete_forecast_records, write_forecasts
from analytics.store.rules.found import write_found
from analytics.store.set_aside_tables import delete_set_aside, write_set_aside
from analytics.store.settings_tables import SettingsFrom, delete_settings, settings_history, write_settings
from analytics.store.snapshot_tables import FoldSnapshot, delete_snapshot, load_snapshot, save_snapshot
from analytics.store.tables import write_actions, write_closed, write_split_alerts
from shared.postgres.database import Connection, Cursor, commit, transaction
from shared.progress.batches import Batch
from shared.progress.offsets import GroupOnTopic, hold, reached
from shared.progress.provenance import FoldedRecords
from shared.settings.analysis_settings import AcrossSettings, MarketFiguresSettings

PROGRESS_SECONDS = 10.0
"""Interval between progress messages while a log is reprocessed."""
MAX_REPLACED = 20_000
"""Recalculated bars that are held in memory before they are written: the whole log may have to be reprocessed."""

NO_MODELS = EmptyModelSource()
NO_MARKET = MarketFiguresSettings(intervals=())
ACROSS = AcrossSettings()

STATE_VERSION = 21
"""Increased whenever the form or meaning of a snapshot changes, or bars or an indicator are calculated differently. The
log is then read again from its beginning, so that no column holds old and new numbers. A new indicator and other
periods of one need no increase: their states have other keys. `test_numbers_of_versions.py` fails where a needed one is
missing."""

BAR_RULES = ("grace", "skip_extreme", "forecasts", "trade_conditions")
"""The settings that a snapshot contains."""

log = logging.getLogger("tickstream.analytics")


def _snapshot_state(engine: Engine, serving: Versions) -> dict[str, Any]:
    """The content of a partition's snapshot, with the settings that its bars were closed and forecast with."""
    settings = engine.settings
    rules = {name: getattr(settings, name) for name in BAR_RULES}
    return {"version": STATE_VERSION, "serving": serving, **rules, **engine.state()}


class Analysis:
    """The partitions assigned to this process, and the source of the trained models that forecast in them.

    It owns `searches`: `close` closes them too. `delivers` is whether new alerts are stored in the outbox.
    """

    def __init__(
        self,
        reading: GroupOnTopic,
        settings: EngineSettings,
        searches: PooledSearches,
        model_source: ModelSource = NO_MODELS,
        market: MarketFiguresSettings = NO_MARKET,
        closed_bars: PastSeries = NOTHING_STORED,
        *,
        across: AcrossSettings = ACROSS,
        ends: Ends = dict,
        delivers: bool = False,
    ) -> None:
        self._reading, self._settings, self._model_source = reading, settings, model_source
        self._searches, self._closed_bars = searches, closed_bars
        self._encoded, self._delivers = encoded_settings(settings), delivers
        self._stored_settings: dict[int, str | None] = {}
        self._partitions: dict[int, Partition] = {}
        self._publisher = LivePublisher(reading, self._partitions)
        self._across = AcrossSymbols(reading, self._partitions, market, across, ends, delivers)
        self._snapshots = SnapshotWriter(
            reading, self._partitions, lambda each: _snapshot_state(each.engine, each.deployments.versions)
        )
        self._progress_logged_at = 0.0

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Load the snapshot. Returns the offset from which to read the log."""
        snapshot = load_snapshot(cursor, self._reading, partition)
        is_remaking = snapshot is not None and REMAKING in snapshot.partition
        if snapshot is None or is_remaking or snapshot.partition.get("version") != STATE_VERSION:
            engine = Engine(self._settings, self._searches, self._closed_bars)
            snapshot = self._start_over(cursor, partition, engine, is_remaking)
        else:
            snapshot, engine = self._restored(cursor, partition, next_offset, snapshot)
        past_bars = bars_before_forecasts(cursor, engine, self._settings, next_offset)
        known = deployments_from(cursor, partition, snapshot.next_offset)
        history = settings_history(cursor, partition)
        self._stored_settings[partition] = history[-1].settings if history else None
        deployments = Deployments(self._model_source, snapshot.partition["serving"], known)
        self._partitions[partition] = Partition(engine, snapshot, next_offset, past_bars, deployments)
        return snapshot.next_offset

    def _restored(
        self, cursor: Cursor, partition: int, next_offset: int, snapshot: FoldSnapshot
    ) -> tuple[FoldSnapshot, Engine]:
        """The engine of a snapshot of this version, with indicators of the current settings."""
        if not snapshot.symbols and snapshot.next_offset < next_offset:
            # No state shows whether the rows that were written after it are of these indicators.
            snapshot = self._marked(cursor, partition, snapshot)
        engine = Engine(self._settings_of(snapshot), self._searches, self._closed_bars)
        try:
            engine.restore(snapshot.partition, snapshot.symbols)
        except SettingsChanged as change:
            log.info(
                "Indicators of partition %d (%d symbols) are recalculated from closed bars, because %s.",
                partition,
                len(snapshot.symbols),
                change,
            )
            return self._rebuild(cursor, partition, next_offset, snapshot)
        return snapshot, engine

    def _marked(self, cursor: Cursor, partition: int, snapshot: FoldSnapshot) -> FoldSnapshot:
        """The snapshot after whose offset every row is written again."""
        marked = snapshot._replace(partition={**snapshot.partition, REWRITING: True})
        save_snapshot(cursor, self._reading, partition, marked._replace(symbols={}))
        return marked

    def _settings_of(self, snapshot: FoldSnapshot) -> EngineSettings:
        """Offsets that are already written are reprocessed with the settings they were written with; new settings apply
        from the first new offset. Only for a snapshot of this version: others may contain settings in another form."""
        return settings_of(snapshot.partition, self._settings)

    def _start_over(self, cursor: Cursor, partition: int, engine: Engine, is_remaking: bool) -> FoldSnapshot:
        """Without a snapshot, or with one of another version, the whole log is reprocessed. Stored alerts and
        forecasts stay; bars, indicators and splits are recalculated. If the tables were cut back, everything is
        recalculated."""
        self._across.note_another_start()
        delete_snapshot(cursor, self._reading, partition)
        delete_set_aside(cursor, partition)
        first, until = reached(cursor, self._reading, partition)[:2]
        if is_remaking:
            log.info(
                "Everything of partition %d is recalculated from the log, up to offset %d.",
                partition,
                until,
            )
            delete_derived(cursor, partition)
            delete_settings(cursor, partition)
        elif until > first:
            log.info(
                "No saved state of this version: the log of partition %d is reprocessed up to offset %d.",
                partition,
                until,
            )
            evaluate_again(cursor, partition)
        since = first if is_remaking else until
        write_settings(cursor, partition, SettingsFrom(since, True, self._encoded))
        mode = REMAKING if is_remaking else REWRITING
        snapshot = FoldSnapshot(first, {**_snapshot_state(engine, {}), mode: True}, {})
        save_snapshot(cursor, self._reading, partition, snapshot)
        return snapshot

    def _rebuild(
        self, cursor: Cursor, partition: int, next_offset: int, snapshot: FoldSnapshot
    ) -> tuple[FoldSnapshot, Engine]:
        """Snapshot and engine under other indicators or calendars, a symbol in a transaction. The snapshot is marked
        first: after a kill the rest is rebuilt, and no row keeps older values."""
        hold(cursor, self._reading, partition, next_offset)
        snapshot = self._marked(cursor, partition, snapshot)
        for symbol in rebuild(cursor, snapshot, self._settings):
            finished = {symbol: snapshot.symbols[symbol]}
            save_snapshot(cursor, self._reading, partition, snapshot._replace(symbols=finished))
            commit(cursor)
            hold(cursor, self._reading, partition, next_offset)
        engine = Engine(self._settings_of(snapshot), self._searches, self._closed_bars)
        engine.restore(snapshot.partition, snapshot.symbols)
        return snapshot, engine

    def forget(self, partition: int) -> None:
        """Drop a partition that another member of the group now processes."""
        self._partitions.pop(partition, None)

    def refold(self, batch: Batch) -> None:
        """Restore the state; the events are already in the tables."""
        partition = self._partitions[batch.partition]
        partition.fold(batch)
        events, actions = partition.take_events(), partition.take_actions()
        set_aside = partition.engine.take_set_aside()
        of_rules = partition.engine.rules.take()
        if partition.rewriting:
            partition.appended |= appended_times(batch, events, of_rules, actions)
            partition.headlines += of_rules.headlines
            partition.no_data += of_rules.no_data
            partition.provisional += of_rules.provisional
            partition.replaced += events
            partition.settled += actions
            partition.set_aside += set_aside
            self._log_progress(batch.partition, partition)

    def _log_progress(self, number: int, partition: Partition) -> None:
        now = time.monotonic()
        if now - self._progress_logged_at >= PROGRESS_SECONDS:
            self._progress_logged_at = now
            done = number, partition.reached, partition.written
            log.info("Reprocessing the log of partition %d: %d of %d messages.", *done)

    def fold(self, batch: Batch) -> None:
        """Process new records; `write` takes the events."""
        partition = self._partitions[batch.partition]
        has_new_settings = partition.engine.settings != self._settings
        if has_new_settings:
            partition.apply_settings(self._settings)
        first, engine = batch.step.expected, partition.engine
        deployed = partition.deployments.update_live(self._model_source.live(), first, engine)
        partition.fold(batch)
        partition.written = batch.step.reached
        events, actions = partition.take_events(), partition.take_actions()
        set_aside, of_rules = partition.engine.take_set_aside(), partition.engine.rules.take()
        is_stored = self._stored_settings[batch.partition] == self._encoded
        settings = None if is_stored else SettingsFrom(first, False, self._encoded)
        appended = appended_times(batch, events, of_rules, actions)
        records = FoldedRecords(batch.partition, appended, self._delivers)
        found = events, actions, set_aside, of_rules, handlings_in(batch)
        partition.unwritten = Unwritten(*found, deployed, has_new_settings, settings, records)

    def prepare(self, _: Connection) -> None:
        """Nothing to do: the tables need no preparation."""

    def write(self, cursor: Cursor) -> None:
        """Write closed bars, splits, dividends, deployments and settings. The first write with new settings also writes
        a snapshot that contains them."""
        for number, partition in self._partitions.items():
            if (new := partition.unwritten) is None:
                continue
            write_provisional(cursor, new.records, new.of_rules.provisional)
            write_closed(cursor, new.records, new.events)
            write_forecasts(cursor, new.records, new.events)
            write_actions(cursor, new.records, [settled for settled in new.actions if not settled.rejection])
            write_split_alerts(cursor, [settled for settled in new.actions if settled.rejection])
            write_set_aside(cursor, number, new.set_aside)
            write_found(cursor, new.records, new.of_rules)
            self._across.note(new.events, new.of_rules.changes)
            write_handlings(cursor, number, new.handlings)
            write_deployments(cursor, number, new.deployments)
            if new.settings is not None:
                write_settings(cursor, number, new.settings)
                self._stored_settings[number] = new.settings.settings
            if new.has_new_settings:
                delete_forecast_records(cursor, sorted(partition.engine.symbols))
                self._snapshots.write(cursor, number, partition)
            partition.unwritten = None

    def between_commits(self, connection: Connection) -> None:
        """Publish the live view, the forecast records and the market's figures, and save snapshots that are due."""
        self._searches.poll()
        self._publisher.publish_due(connection)
        self._snapshots.save_due(connection)
        for number, partition in self._partitions.items():
            if len(partition.replaced) + len(partition.set_aside) >= MAX_REPLACED:
                with transaction(connection) as cursor:
                    hold(cursor, self._reading, number, partition.written)
                    partition.replace(cursor, number)
        self._across.update_due(connection)

    def finish(self, connection: Connection) -> None:
        """Bring the live view, the forecast records, the snapshots and the market's figures up to the last offset."""
        self._publisher.publish_all(connection)
        for number, partition in self._partitions.items():
            if partition.is_current and (partition.rewriting or partition.reached > partition.saved_offset):
                self._snapshots.save(connection, number, partition)
        self._across.update_all(connection)

    def close(self) -> None:
        """Cancel the searches that are running."""
        self._searches.close()
