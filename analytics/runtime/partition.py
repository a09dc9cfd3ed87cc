"""One partition of the log as it is folded: its engine, where it stands, and what is still to be shown and kept."""

import time

from analytics.engine.deployments import Servings
from analytics.engine.engine import Engine, Event, Past
from analytics.engine.split_check import Settled
from analytics.engine.symbol_state import EngineSettings
from analytics.forecasting.forecasts import SeriesForecasts
from analytics.runtime.remake import write_made
from analytics.store.replacing import replace_actions, replace_events
from analytics.store.tables import FoldSnapshot
from shared.market.records import Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor
from shared.runtime.batches import Batch

BEAT_MASK = 255
"""A sign of life after so many records: a batch may take long, but each of its records does not."""
REPLACED_A_STEP = 1_000
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
        self, engine: Engine, snapshot: FoldSnapshot, written: int, past: Past, servings: Servings
    ) -> None:
        self.engine, self.written, self.past, self.servings = engine, written, past, servings
        servings.start(engine)
        self.reached = self.kept = snapshot.next_offset
        self.remaking = REMAKING in snapshot.partition
        self.rewriting = self.remaking or REWRITING in snapshot.partition
        self.replaced: list[Event] = []
        self.settled: list[Settled] = []
        self.kept_at = time.monotonic()
        self.unseen: dict[str, None] = {}
        self.unkept: set[str] = set()
        self._unrecorded: dict[str, set[Interval]] = {}
        self._note_all()

    def fold(self, batch: Batch) -> None:
        """Fold records in and note whom they touched."""
        engine, servings = self.engine, self.servings
        next_switch = servings.next_offset
        for offset, record in batch.records:
            if not offset & BEAT_MASK:
                beat()
            if offset >= next_switch:
                servings.catch_up(offset, engine)
                next_switch = servings.next_offset
            engine.fold(record, offset)
        # What was switched at a dead letter, behind the last record, holds all the same.
        servings.catch_up(batch.step.reached - 1, engine)
        changed = engine.changed
        self.unseen.update(dict.fromkeys(sorted(changed)))
        self.unkept |= changed
        changed.clear()
        self.reached = batch.step.reached

    def take_events(self) -> list[Event]:
        """What closed since the last call; note whose forecasts it moved."""
        events = self.engine.take_events()
        for event in events:
            if event.step is not None:
                bar = event.closed.bar
                self._unrecorded.setdefault(bar.symbol, set()).add(bar.interval)
        return events

    def take_actions(self) -> list[Settled]:
        """The splits and dividends that were settled since the last call."""
        return self.engine.take_actions()

    def change(self, settings: EngineSettings) -> None:
        """Go on under other rules; every state that is kept from here on is theirs."""
        self.engine = self.engine.under(settings, self.past)
        self.past = {}
        self.unkept.update(self.engine.symbols)
        self._note_all()

    def take_unrecorded(self, symbols: list[str]) -> list[SeriesForecasts]:
        """The forecasts of these symbols whose records have changed since they were last taken."""
        return [
            forecasts
            for symbol in symbols
            for interval in sorted(self._unrecorded.pop(symbol, ()))
            if (forecasts := self.engine.symbols[symbol].open.series[interval].forecasts) is not None
        ]

    def _note_all(self) -> None:
        """A kill may have come between a snapshot and the screen: what it holds is shown anew."""
        self.unseen = dict.fromkeys(sorted(self.engine.symbols))
        self._unrecorded = {symbol: set(self.engine.settings.forecasts) for symbol in self.engine.symbols}

    def replace(self, cursor: Cursor, number: int) -> None:
        """Write what was made anew so far: where it is missing, or in place of what older settings or an older version
        wrote; `number` is that of the partition."""
        for first in range(0, len(self.replaced), REPLACED_A_STEP):
            beat()
            events = self.replaced[first : first + REPLACED_A_STEP]
            if self.remaking:
                write_made(cursor, number, events)
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
        behind = self.reached - self.kept
        enough = max(SNAPSHOT_MESSAGES, SNAPSHOT_MESSAGES_A_SYMBOL * len(self.unkept))
        return self.rewriting or behind >= enough or (behind > 0 and now - self.kept_at > SNAPSHOT_SECONDS)
