"""The bars that the table of quotes alone can show, where the log is gone."""

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.runtime.comparison.stretches import Plan
from analytics.store.comparison.compared_tables import Period
from analytics.store.comparison.stored_quotes import quotes_by_offset
from analytics.store.tables import write_closed
from shared.market.records import TimeMark
from shared.postgres.database import Connection, Cursor
from shared.progress.provenance import FoldedRecords

BEFORE = 2 * 86_400.0
"""Seconds before a period, and after it, whose quotes are read too: a bar of a day may have begun and end there."""
EVENTS_AT_ONCE = 1_000


class QuotesFold:
    """Writes the bars of a period as the stored quotes give them, without forecasts, alerts and indicators of
    the user's own; the settings of each partition change at the offsets at which they did. The records that closed
    the bars are not known, because they may be no quotes."""

    def __init__(self, connection: Connection, plans: Mapping[int, Plan], period: Period) -> None:
        self._connection, self._period = connection, period
        self._stretches = {partition: deque(plan.stretches) for partition, plan in plans.items()}

    def fold(self, cursor: Cursor) -> None:
        """Fold the quotes of each partition in their order, and close what is open after the last one."""
        engines: dict[int, Engine] = {}
        latest = datetime.fromtimestamp(0, UTC)
        since, until = self._period
        for partition, offset, quote in quotes_by_offset(self._connection, since - BEFORE, until + BEFORE):
            engine = engines[partition] = self._engine_at(offset, partition, engines.get(partition))
            engine.fold(quote, offset)
            latest = max(latest, quote.event_time)
            if not offset % EVENTS_AT_ONCE:
                self._write(cursor, partition, engine)
        for partition, engine in engines.items():
            end = latest + timedelta(seconds=BEFORE)
            engine.fold(TimeMark(time=end, source="quotes", position=0, received_time=end), 0)
            self._write(cursor, partition, engine)

    def _engine_at(self, offset: int, partition: int, engine: Engine | None) -> Engine:
        """The engine with the settings of this offset; offsets come in order."""
        stretches = self._stretches[partition]
        if engine is not None and (len(stretches) == 1 or offset < stretches[0].end):
            return engine
        while len(stretches) > 1 and offset >= stretches[0].end:
            stretches.popleft()
        settings = _bars_alone(stretches[0].settings)
        return Engine(settings) if engine is None else engine.under(settings, {})

    def _write(self, cursor: Cursor, partition: int, engine: Engine) -> None:
        engine.take_set_aside()
        events = [event for event in engine.take_events() if self._period.has(event.closed.bar)]
        write_closed(cursor, FoldedRecords(partition, {}), events)


def _bars_alone(settings: EngineSettings) -> EngineSettings:
    """The settings without forecasts, alerts and the user's own indicators."""
    return replace(settings, forecasts={}, own=(), alerts=replace(settings.alerts, intervals=()))
