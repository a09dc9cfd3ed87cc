"""One partition of the log as it is folded: its engine, where it stands, and what is still to be shown and kept."""

import time

from analytics.engine.deployments import Deployments
from analytics.engine.engine import Engine, Event, PastBars
from analytics.engine.split_check import SettledAction
from analytics.engine.symbol_state import EngineSettings
from analytics.forecasting.forecasts import SeriesForecasts
from analytics.runtime.remake import write_remade
from analytics.store.replacing import replace_actions, replace_events
from analytics.store.tables import FoldSnapshot
from shared.market.records import Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor
from shared.runtime.batches import Batch

HEARTBEAT_MASK = 255
"""A sign of life after so many records: a batch may take long, but each of its records does not."""
REPLACED_BATCH = 1_000
"""So many bars are written between two signs of life: all that a log gives anew may take minutes."""
SNAPSHOT_SECONDS = 30.0
SNAPSHOT_MESSAGES = 20_000
SNAPSHOT_MESSAGES_A_SYMBOL = 50

REWRITING = "rewriting"
"""In a partition's snapshot: the indicators of bars that closed behind it may be of older settings."""
REMAKING = "remaking"
"""In a partition's snapshot: what closed behind it is in no table, or not all of it."""


class Partition:
    """An engine and where it stands: `reached` is the next offset to fold, `written` the next one to write.

    While `rewriting`, the indicators of bars that closed behind the snapshot are of older settings; what folding
    them again gives is `replaced` and `settled`. While `remaking` too, the bars and all that came of them are missing.
    Forecasts under new settings begin behind the `past`, where `written` is.
    """

    def __init__(
        self, engine: Engine, snapshot: FoldSnapshot, written: int, past: PastBars, deployments: Deployments
    ) -> None:
        self.engine, self.written, self.past, self.deployments = engine, written, past, deployments
        deployments.start(engine)
        self.reached = self.saved_offset = snapshot.next_offset
        self.remaking = REMAKING in snapshot.partition
        self.rewriting = self.remaking or REWRITING in snapshot.partition
        self.replaced: list[Event] = []
        self.settled: list[SettledAction] = []
        self.saved_at = time.monotonic()
        self.unpublished: dict[str, None] = {}
        self.unsaved: set[str] = set()
        self._records_outdated: dict[str, set[Interval]] = {}
        self._mark_all()

    def fold(self, batch: Batch) -> None:
        """Fold records in and note whom they touched."""
        engine, deployments = self.engine, self.deployments
        next_deployment = deployments.next_offset
        for offset, record in batch.records:
            if not offset & HEARTBEAT_MASK:
                beat()
            if offset >= next_deployment:
                deployments.catch_up(offset, engine)
                next_deployment = deployments.next_offset
            engine.fold(record, offset)
        # What was switched at a dead letter, behind the last record, holds all the same.
        deployments.catch_up(batch.step.reached - 1, engine)
        changed = engine.changed
        self.unpublished.update(dict.fromkeys(sorted(changed)))
        self.unsaved |= changed
        changed.clear()
        self.reached = batch.step.reached

    def take_events(self) -> list[Event]:
        """What closed since the last call; note whose forecasts it moved."""
        events = self.engine.take_events()
        for event in events:
            if event.step is not None:
                bar = event.closed.bar
                self._records_outdated.setdefault(bar.symbol, set()).add(bar.interval)
        return events

    def take_actions(self) -> list[SettledAction]:
        """The splits and dividends that were settled since the last call."""
        return self.engine.take_actions()

    def apply_settings(self, settings: EngineSettings) -> None:
        """Go on under other rules; every state that is kept from here on is theirs."""
        self.engine = self.engine.under(settings, self.past)
        self.past = {}
        self.unsaved.update(self.engine.symbols)
        self._mark_all()

    def take_outdated_records(self, symbols: list[str]) -> list[SeriesForecasts]:
        """The forecasts of these symbols whose records have changed since they were last taken."""
        return [
            forecasts
            for symbol in symbols
            for interval in sorted(self._records_outdated.pop(symbol, ()))
            if (forecasts := self.engine.symbols[symbol].open.series[interval].forecasts) is not None
        ]

    def _mark_all(self) -> None:
        """A kill may have come between a snapshot and the screen: what it holds is shown anew."""
        self.unpublished = dict.fromkeys(sorted(self.engine.symbols))
        self._records_outdated = {
            symbol: set(self.engine.settings.forecasts) for symbol in self.engine.symbols
        }

    def replace(self, cursor: Cursor, number: int) -> None:
        """Write what was made anew so far: where it is missing, or in place of what older settings or an older version
        wrote; `number` is that of the partition."""
        for first in range(0, len(self.replaced), REPLACED_BATCH):
            beat()
            events = self.replaced[first : first + REPLACED_BATCH]
            if self.remaking:
                write_remade(cursor, number, events)
            else:
                replace_events(cursor, events)
        replace_actions(cursor, number, self.settled)
        self.replaced, self.settled = [], []

    @property
    def is_current(self) -> bool:
        """Whether everything written is folded: after a start it first folds again what its snapshot lacks."""
        return self.reached >= self.written

    def snapshot_is_due(self, now: float) -> bool:
        """Often enough that a restart is short, rarely enough that a quote's cost does not grow with symbols."""
        behind = self.reached - self.saved_offset
        enough = max(SNAPSHOT_MESSAGES, SNAPSHOT_MESSAGES_A_SYMBOL * len(self.unsaved))
        return self.rewriting or behind >= enough or (behind > 0 and now - self.saved_at > SNAPSHOT_SECONDS)
