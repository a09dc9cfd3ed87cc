"""One partition of the log while it is processed: its engine, its offsets, and what is still to be published and
saved."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from analytics.engine.armed_rules import FoundForRules, FoundHeadline, FoundNoData, FoundProvisional
from analytics.engine.deployments import Deployment, Deployments
from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event, PastBars
from analytics.engine.quotes.print_filter import SetAside
from analytics.engine.split_check import SettledAction
from analytics.forecasting.forecasts import SeriesForecasts
from analytics.mood.headline_mood import ScoredHeadline
from analytics.runtime.remake import write_remade
from analytics.store.alerts.alert_tables import write_no_data_alerts, write_provisional
from analytics.store.alerts.handlings import FoundHandling
from analytics.store.headlines import write_headlines
from analytics.store.replacing import replace_actions, replace_events
from analytics.store.set_aside_tables import write_set_aside
from analytics.store.settings_tables import SettingsFrom
from analytics.store.snapshot_tables import FoldSnapshot
from shared.market.records import Bar, Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor
from shared.progress.batches import Batch
from shared.progress.provenance import FoldedRecords

HEARTBEAT_MASK = 255
"""A heartbeat is sent every 256 records, because a batch may take long."""
REPLACED_BATCH = 1_000
"""Bars written between two heartbeats: writing all bars of a reprocessed log may take minutes."""
BACKLOG_MESSAGES = 500
"""Messages of one partition in one step, from which on its log counts as a backlog."""
SNAPSHOT_SECONDS = 30.0
SNAPSHOT_MESSAGES = 20_000
SNAPSHOT_MESSAGES_A_SYMBOL = 50

REWRITING = "rewriting"
"""Key in a partition's snapshot: bars that closed after it may have indicators of older settings."""
REMAKING = "remaking"
"""Key in a partition's snapshot: rows of bars that closed after it are missing, completely or in part."""


class Unwritten(NamedTuple):
    """The results of processing a batch, until they are written; `has_new_settings` for the first with new settings.
    `settings` are those to store, if they are not stored yet; `records` are those that these rows are made from."""

    events: list[Event]
    actions: list[SettledAction]
    set_aside: list[SetAside]
    of_rules: FoundForRules
    handlings: list[FoundHandling]
    deployments: list[Deployment]
    has_new_settings: bool
    settings: SettingsFrom | None
    records: FoldedRecords


def appended_times(
    batch: Batch, events: list[Event], of_rules: FoundForRules, actions: Iterable[SettledAction] = ()
) -> dict[int, int]:
    """When the records of a batch that rows are made from were appended to the log, as in FoldedRecords."""
    offsets = {event.offset for event in events} | {each.settled_by for each in actions}
    offsets |= {each.offset for each in of_rules.no_data} | {each.offset for each in of_rules.provisional}
    return batch.appended(offsets)


class SlicedSnapshot:
    """A snapshot that is written in slices; `state` and the states of its symbols are encoded."""

    def __init__(self, next_offset: int, state: str, symbols: list[tuple[str, str]], slice_size: int) -> None:
        self.next_offset, self.state = next_offset, state
        self.symbols = [symbol for symbol, _ in symbols]
        self.remaining, self._slice_size = symbols, slice_size

    @property
    def next_slice(self) -> list[tuple[str, str]]:
        """The symbols to write next, with their states."""
        return self.remaining[: self._slice_size]

    @property
    def is_last_slice(self) -> bool:
        """Whether nothing remains after the next slice."""
        return len(self.remaining) <= self._slice_size

    def finish_slice(self) -> None:
        """Drop the slice that was written."""
        self.remaining = self.remaining[self._slice_size :]


class Partition:
    """An engine and its offsets: `reached` is the next offset to process, `written` the next one to write.

    While `rewriting`, indicators of bars that closed after the snapshot are of older settings; reprocessing collects
    their new rows in `replaced`, `settled`, `set_aside` and `headlines`, and in `appended` when the records that made
    them were appended to the log. While `remaking` too, those bars and everything derived from them are missing.
    Forecasts under new settings begin after the bars in `past_bars`, at `written`.

    `saving` is the snapshot that is being written; `unsaved` are the symbols that have changed since it began.
    `unpublished` are those whose live view is outdated, `moved` those of them whose last quote is. `reads_history` is
    whether the records processed last were mostly finished bars, `is_behind` whether they were many.
    """

    def __init__(
        self,
        engine: Engine,
        snapshot: FoldSnapshot,
        written: int,
        past_bars: PastBars,
        deployments: Deployments,
    ) -> None:
        self.engine, self.written, self.past_bars, self.deployments = engine, written, past_bars, deployments
        self._stored_bars, engine.rules.closed_bars = engine.rules.closed_bars, self
        deployments.start(engine)
        self.reached = self.saved_offset = snapshot.next_offset
        self.remaking = REMAKING in snapshot.partition
        self.rewriting = self.remaking or REWRITING in snapshot.partition
        self.appended: dict[int, int] = {}
        self.replaced: list[Event] = []
        self.settled: list[SettledAction] = []
        self.set_aside: list[SetAside] = []
        self.headlines: list[FoundHeadline] = []
        self.no_data: list[FoundNoData] = []
        self.provisional: list[FoundProvisional] = []
        self.unwritten: Unwritten | None = None
        self.saved_at = time.monotonic()
        self.unpublished: dict[str, None] = {}
        self.moved: dict[str, None] = {}
        self.unsaved: set[str] = set()
        self.saving: SlicedSnapshot | None = None
        self.outdated_forecast_records: dict[str, set[Interval]] = {}
        self.reads_history = self.is_behind = False
        self._mark_all()

    def fold(self, batch: Batch) -> None:
        """Process records and note the symbols that they changed."""
        engine, deployments = self.engine, self.deployments
        next_deployment = deployments.next_offset
        for offset, record in batch.records:
            if not offset & HEARTBEAT_MASK:
                beat()
            if offset >= next_deployment:
                deployments.catch_up(offset, engine)
                next_deployment = deployments.next_offset
            engine.fold(record, offset)
        # A deployment may begin at a dead letter after the last record.
        deployments.catch_up(batch.step.reached - 1, engine)
        changed = engine.changed
        self.unpublished.update(dict.fromkeys(sorted(changed)))
        self.moved.update(dict.fromkeys(sorted(changed)))
        self.unsaved |= changed
        changed.clear()
        self.reads_history = batch.step.bars > batch.step.quotes
        self.is_behind = batch.step.reached - batch.step.expected >= BACKLOG_MESSAGES
        self.reached = batch.step.reached

    def bars_until(self, symbol: str, interval: Interval, end: int) -> Iterable[Bar]:
        """The closed bars of a series that ended by `end`: the stored ones, and recalculated ones instead of them.

        Heartbeats are sent between them: the values of a rule may take minutes over a million bars.
        """
        bars = {bar.start: bar for bar in self._stored_bars.bars_until(symbol, interval, end)}
        replaced = (event.closed.bar for event in self.replaced)
        bars |= {bar.start: bar for bar in replaced if (bar.symbol, bar.interval) == (symbol, interval)}
        for place, start in enumerate(sorted(bars)):
            if not place & HEARTBEAT_MASK:
                beat()
            yield bars[start]

    def headlines_before(self, symbol: str, offset: int) -> dict[int, ScoredHeadline]:
        """The headlines of a symbol that count, by their offsets: the stored ones, and recalculated ones instead of
        them."""
        found = self._stored_bars.headlines_before(symbol, offset)
        again = (each for each in self.headlines if each.headline.symbol == symbol)
        return found | {each.offset: each.scored for each in again if each.scored is not None}

    def take_events(self) -> list[Event]:
        """The events since the last call; notes the series whose forecast records they changed."""
        events = self.engine.take_events()
        for event in events:
            if event.step is not None:
                bar = event.closed.bar
                self.outdated_forecast_records.setdefault(bar.symbol, set()).add(bar.interval)
        return events

    def take_actions(self) -> list[SettledAction]:
        """The splits and dividends that were settled since the last call."""
        return self.engine.take_actions()

    def apply_settings(self, settings: EngineSettings) -> None:
        """Continue with other settings; every snapshot from here on is made with them."""
        self.engine = self.engine.under(settings, self.past_bars)
        self.past_bars = {}
        self.unsaved.update(self.engine.symbols)
        self._mark_all()

    def outdated_forecasts(self, symbols: list[str]) -> list[SeriesForecasts]:
        """The forecasts of these symbols whose forecast records have changed since they were written."""
        return [
            forecasts
            for symbol in symbols
            for interval in sorted(self.outdated_forecast_records[symbol])
            if (forecasts := self.engine.symbols[symbol].open.series[interval].forecasts) is not None
        ]

    def _mark_all(self) -> None:
        """Mark everything as changed: a kill may have come after a snapshot and before the live view was written."""
        self.unpublished = dict.fromkeys(sorted(self.engine.symbols))
        forecasts = self.engine.settings.forecasts
        self.outdated_forecast_records = {
            symbol: set(forecasts) for symbol in self.engine.symbols if forecasts
        }

    def replace(self, cursor: Cursor, number: int) -> None:
        """Write the recalculated rows: insert them where they are missing, or replace those of older settings or an
        older version. `number` is the number of the partition."""
        records = FoldedRecords(number, self.appended)
        if self.remaking:
            write_no_data_alerts(cursor, records, self.no_data)
            write_provisional(cursor, records, self.provisional)
        for first in range(0, len(self.replaced), REPLACED_BATCH):
            beat()
            events = self.replaced[first : first + REPLACED_BATCH]
            if self.remaking:
                write_remade(cursor, records, events)
            else:
                replace_events(cursor, records, events)
        replace_actions(cursor, records, self.settled)
        write_set_aside(cursor, number, self.set_aside)
        write_headlines(cursor, number, self.headlines)
        self.appended, self.replaced, self.settled, self.set_aside = {}, [], [], []
        self.headlines, self.no_data, self.provisional = [], [], []

    def mark_saved(self, next_offset: int) -> None:
        """A snapshot at this offset is complete."""
        self.saved_offset, self.saved_at = next_offset, time.monotonic()
        if self.saving is None:
            self.unsaved.clear()
        self.saving = None
        self.rewriting = self.remaking = False

    def stop_saving(self) -> None:
        """Abandon the snapshot that is being written, because a newer one replaces it."""
        if self.saving is not None:
            self.unsaved.update(self.saving.symbols)
        self.saving = None

    @property
    def is_current(self) -> bool:
        """Whether everything written is processed: after a start, the records after the snapshot are processed again
        first."""
        return self.reached >= self.written

    def snapshot_is_due(self, now: float) -> bool:
        """Often enough to keep a restart short, and rarely enough that the cost per quote does not grow with the number
        of symbols."""
        behind = self.reached - self.saved_offset
        enough = max(SNAPSHOT_MESSAGES, SNAPSHOT_MESSAGES_A_SYMBOL * len(self.unsaved))
        return self.rewriting or behind >= enough or (behind > 0 and now - self.saved_at > SNAPSHOT_SECONDS)
