"""New indicator settings: every indicator is made anew from the closed bars, which no setting changes."""

from typing import Any

from analytics.engine import Engine
from analytics.indicator_set import IndicatorSet
from analytics.symbol_state import EngineSettings, Rebuilt
from analytics.tables import Snapshot, bars_until, replace_indicators
from shared.calendars import calendar_of, periods_per_year
from shared.database import Cursor
from shared.market import INTERVAL_SECONDS, INTERVALS, Bar, Interval


def rebuilt_engine(cursor: Cursor, snapshot: Snapshot, settings: EngineSettings) -> Engine:
    """The engine of a snapshot under new settings; its symbols' rows in `indicators` are written anew.

    Rows of bars that closed behind the snapshot are to be replaced when the log is folded up to them again.
    """
    indicators: Rebuilt = {}
    for symbol, state in snapshot.symbols.items():
        until = max(snapshot.partition["closed_until"], state["closed_until"])
        for interval in INTERVALS:
            bars = bars_until(cursor, symbol, interval, until)
            indicators[symbol, interval] = _refilled(cursor, state, interval, bars, settings)
    engine = Engine(settings)
    engine.restore(snapshot.partition, snapshot.symbols, indicators)
    return engine


def _refilled(
    cursor: Cursor, state: dict[str, Any], interval: Interval, bars: list[Bar], settings: EngineSettings
) -> IndicatorSet:
    periods = periods_per_year(calendar_of(state["exchange"]), INTERVAL_SECONDS[interval])
    indicators = IndicatorSet(settings.indicators, periods)
    replace_indicators(cursor, [(bar, indicators.update(bar.close)) for bar in bars])
    return indicators
