"""New indicator settings: every indicator is made anew from the closed bars, which no setting changes."""

from collections import deque
from collections.abc import Iterator

from analytics.engine import Engine
from analytics.indicator_set import IndicatorRow, IndicatorSet
from analytics.symbol_state import EngineSettings, Rebuilt
from analytics.tables import Snapshot, bars_until, replace_indicators, splits_until
from shared.calendars import calendar_of, periods_per_year
from shared.database import Cursor
from shared.market import INTERVAL_SECONDS, INTERVALS, Bar


def rebuilt_engine(cursor: Cursor, snapshot: Snapshot, settings: EngineSettings) -> Engine:
    """The engine of a snapshot under new settings; its symbols' rows in `indicators` are written anew.

    Rows of bars that closed behind the snapshot are to be replaced when the log is folded up to them again.
    """
    indicators: Rebuilt = {}
    for symbol, state in snapshot.symbols.items():
        until = max(snapshot.partition["closed_until"], state["closed_until"])
        splits = splits_until(cursor, symbol, snapshot.next_offset)
        for interval in INTERVALS:
            periods = periods_per_year(calendar_of(state["exchange"]), INTERVAL_SECONDS[interval])
            refilled = indicators[symbol, interval] = IndicatorSet(settings.indicators, periods)
            bars = bars_until(cursor, symbol, interval, until)
            replace_indicators(cursor, list(_refill(refilled, bars, splits)))
    engine = Engine(settings)
    engine.restore(snapshot.partition, snapshot.symbols, indicators)
    return engine


def _refill(
    indicators: IndicatorSet, bars: list[Bar], splits: list[tuple[float, float]]
) -> Iterator[tuple[Bar, IndicatorRow]]:
    """Each bar with its row, as the engine made them: a split comes before the first bar that ends behind it."""
    to_come = deque(splits)
    for bar in bars:
        while to_come and to_come[0][0] < bar.end:
            indicators.split(to_come.popleft()[1])
        yield bar, indicators.update(bar.close)
    for _, ratio in to_come:
        indicators.split(ratio)
