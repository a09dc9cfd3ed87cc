"""The analytics fold: an engine a partition, its events into tables, its state into snapshots.

Closed bars, indicators and alerts are written in the transaction that moves the offset. The live view and the
snapshots follow when there is time; neither can be wrong, only older, because whatever a restart folds again is
marked as changed again. Both look first that the partition is still ours.
"""

import logging
import time
from dataclasses import replace
from typing import Any

from analytics.engine import Engine, Event
from analytics.indicator_set import SettingsChanged
from analytics.rebuild import rebuilt_engine
from analytics.symbol_state import EngineSettings
from analytics.tables import (
    Snapshot,
    delete_snapshot,
    load_snapshot,
    replace_indicators,
    save_snapshot,
    write_actions,
    write_closed,
    write_live,
)
from shared.database import Connection, Cursor, transaction
from shared.market import CorporateAction
from shared.progress import Reading, first_offset, hold
from shared.stream import Batch

LIVE_SECONDS = 0.25
LIVE_SYMBOLS = 200
LIVE_SHARE = 0.1
SNAPSHOT_SECONDS = 30.0
SNAPSHOT_MESSAGES = 20_000
SNAPSHOT_MESSAGES_A_SYMBOL = 50
REPLACED_AT_ONCE = 20_000
"""So many bars made anew are held before they are written: the whole log may have to be folded again."""

STATE_VERSION = 5
"""Raised whenever what a snapshot keeps changes its form or its meaning."""
REWRITING = "rewriting"
"""In a partition's snapshot: the indicators of bars that closed behind it may be of older settings."""

log = logging.getLogger("tickstream.analytics")


def _state(engine: Engine) -> dict[str, Any]:
    """What a snapshot keeps of a partition, with the rules that its bars were closed by."""
    rules = {"grace": engine.settings.grace, "skip_extreme": engine.settings.skip_extreme}
    return {"version": STATE_VERSION, **rules, **engine.state()}


class Partition:
    """An engine and where it stands: `reached` is the next offset to fold, `written` the next one to write.

    While `rewriting`, the indicators of bars that closed behind the snapshot are of older settings; what folding
    them again gives is `replaced`.
    """

    def __init__(self, engine: Engine, snapshot: Snapshot, written: int) -> None:
        self.engine, self.written = engine, written
        self.reached = self.kept = snapshot.next_offset
        self.rewriting = REWRITING in snapshot.partition
        self.replaced: list[Event] = []
        self.kept_at = time.monotonic()
        # A kill may have come between the snapshot and the screen: what it holds is shown anew.
        self.unseen: dict[str, None] = dict.fromkeys(engine.symbols)
        self.unkept: set[str] = set()

    def fold(self, batch: Batch) -> None:
        """Fold records in and note whom they touched."""
        fold = self.engine.fold
        for offset, record in batch.records:
            fold(record, offset)
        changed = self.engine.changed
        self.unseen.update(dict.fromkeys(sorted(changed)))
        self.unkept |= changed
        changed.clear()
        self.reached = batch.step.reached

    def replace(self, cursor: Cursor) -> None:
        """Write what was made anew so far in place of the indicators of older settings."""
        replace_indicators(cursor, [(event.closed.bar, event.closed.indicators) for event in self.replaced])
        self.replaced = []

    @property
    def is_current(self) -> bool:
        """Whether everything written is folded: after a start it first folds again what its snapshot lacks."""
        return self.reached >= self.written

    def snapshot_is_due(self, now: float) -> bool:
        """Often enough that a restart is short, rarely enough that a quote's cost does not grow with symbols."""
        behind = self.reached - self.kept
        enough = max(SNAPSHOT_MESSAGES, SNAPSHOT_MESSAGES_A_SYMBOL * len(self.unkept))
        return self.rewriting or behind >= enough or (behind > 0 and now - self.kept_at > SNAPSHOT_SECONDS)


class Analysis:
    """The partitions that this process has."""

    def __init__(self, reading: Reading, settings: EngineSettings) -> None:
        self._reading, self._settings = reading, settings
        self._partitions: dict[int, Partition] = {}
        self._events: dict[int, list[Event]] = {}
        self._actions: dict[int, list[tuple[int, CorporateAction]]] = {}
        self._under_new_rules: list[int] = []
        self._live_at = 0.0

    def resume(self, cursor: Cursor, partition: int, next_offset: int) -> int:
        """Load the snapshot; the log is read from there on."""
        snapshot = load_snapshot(cursor, self._reading, partition)
        engine = Engine(self._settings if snapshot is None else self._settings_of(snapshot))
        if snapshot is None or snapshot.partition.get("version") != STATE_VERSION:
            snapshot = self._from_the_start(cursor, partition, engine)
        else:
            try:
                engine.restore(snapshot.partition, snapshot.symbols)
            except SettingsChanged:
                snapshot, engine = self._rebuilt(cursor, partition, snapshot)
        self._partitions[partition] = Partition(engine, snapshot, next_offset)
        return snapshot.next_offset

    def _settings_of(self, snapshot: Snapshot) -> EngineSettings:
        """What is written already is folded again by the rules it was written by; new rules hold for what is new."""
        kept = snapshot.partition
        return replace(
            self._settings,
            grace=kept.get("grace", self._settings.grace),
            skip_extreme=kept.get("skip_extreme", self._settings.skip_extreme),
        )

    def _from_the_start(self, cursor: Cursor, partition: int, engine: Engine) -> Snapshot:
        """There is no state, or one of an older version: the whole log is folded again, what is written stays."""
        delete_snapshot(cursor, self._reading, partition)
        first = first_offset(cursor, self._reading, partition)
        snapshot = Snapshot(first, {**_state(engine), REWRITING: True}, {})
        save_snapshot(cursor, self._reading, partition, snapshot)
        return snapshot

    def _rebuilt(self, cursor: Cursor, partition: int, snapshot: Snapshot) -> tuple[Snapshot, Engine]:
        """Snapshot and engine under new indicator settings, marked so that a kill does not leave old rows behind."""
        log.info("Indicator settings changed: every indicator of partition %d is made anew.", partition)
        engine = rebuilt_engine(cursor, snapshot, self._settings_of(snapshot))
        states = {symbol: state.state() for symbol, state in engine.symbols.items()}
        snapshot = Snapshot(snapshot.next_offset, {**_state(engine), REWRITING: True}, states)
        save_snapshot(cursor, self._reading, partition, snapshot)
        return snapshot, engine

    def forget(self, partition: int) -> None:
        """Another member folds it now."""
        self._partitions.pop(partition, None)
        self._events.pop(partition, None)
        self._actions.pop(partition, None)

    def refold(self, batch: Batch) -> None:
        """Get the state back; the events are in the tables."""
        partition = self._partitions[batch.partition]
        partition.fold(batch)
        events = partition.engine.take_events()
        if partition.rewriting:
            partition.replaced += events

    def fold(self, batch: Batch) -> None:
        """Fold what is new; `write` takes the events."""
        partition = self._partitions[batch.partition]
        if partition.engine.settings != self._settings:
            partition.engine = partition.engine.under(self._settings)
            self._under_new_rules.append(batch.partition)
        partition.fold(batch)
        partition.written = batch.step.reached
        self._events[batch.partition] = partition.engine.take_events()
        if batch.step.actions:
            self._actions[batch.partition] = [
                (offset, record) for offset, record in batch.records if isinstance(record, CorporateAction)
            ]

    def prepare(self, _: Connection) -> None:
        """The tables take everything as they are."""

    def write(self, cursor: Cursor) -> None:
        """Write what closed, and the splits and dividends; with the first write under new rules, a snapshot that
        knows of them."""
        for partition, events in self._events.items():
            write_closed(cursor, partition, events)
        for partition, actions in self._actions.items():
            write_actions(cursor, partition, actions)
        for partition in self._under_new_rules:
            self._save(cursor, partition)
        self._events, self._actions, self._under_new_rules = {}, {}, []

    def rest(self, connection: Connection) -> None:
        """The live view a few times a second, a snapshot now and then."""
        now = time.monotonic()
        if now >= self._live_at and self._show(connection, LIVE_SYMBOLS):
            spent = time.monotonic() - now
            self._live_at = now + max(LIVE_SECONDS, spent / LIVE_SHARE)
        for number, partition in self._partitions.items():
            if partition.is_current and partition.snapshot_is_due(now):
                self._keep(connection, number, partition)
            elif len(partition.replaced) >= REPLACED_AT_ONCE:
                with transaction(connection) as cursor:
                    hold(cursor, self._reading, number, partition.written)
                    partition.replace(cursor)

    def finish(self, connection: Connection) -> None:
        """Leave the live view and the snapshots as of the last offset."""
        while self._show(connection, LIVE_SYMBOLS):
            continue
        for number, partition in self._partitions.items():
            if partition.is_current and (partition.rewriting or partition.reached > partition.kept):
                self._keep(connection, number, partition)

    def close(self) -> None:
        """Nothing is open."""

    def _show(self, connection: Connection, limit: int) -> bool:
        """Bring the live view up to date for some of the symbols that changed; whether there were any."""
        shown = False
        for number, partition in self._partitions.items():
            symbols = list(partition.unseen)[:limit] if partition.is_current else []
            if not symbols:
                continue
            with transaction(connection) as cursor:
                hold(cursor, self._reading, number, partition.written)
                write_live(cursor, [partition.engine.symbols[symbol] for symbol in symbols])
            for symbol in symbols:
                del partition.unseen[symbol]
            shown = True
        return shown

    def _keep(self, connection: Connection, number: int, partition: Partition) -> None:
        with transaction(connection) as cursor:
            hold(cursor, self._reading, number, partition.written)
            self._save(cursor, number)
        partition.kept, partition.kept_at = partition.reached, time.monotonic()
        partition.unkept.clear()
        partition.rewriting = False

    def _save(self, cursor: Cursor, number: int) -> None:
        """The snapshot of a partition, in a transaction that has its offset."""
        partition = self._partitions[number]
        engine = partition.engine
        states = {symbol: engine.symbols[symbol].state() for symbol in sorted(partition.unkept)}
        partition.replace(cursor)
        save_snapshot(cursor, self._reading, number, Snapshot(partition.reached, _state(engine), states))
