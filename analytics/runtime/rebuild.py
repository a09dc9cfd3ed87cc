"""After a change of settings or trading hours: recalculates indicators, and loads the bars that forecasts begin
after."""

import logging
from collections import deque
from collections.abc import Iterator
from typing import Any

from analytics.engine.engine import Engine
from analytics.engine.split_check import SplitCheck
from analytics.engine.symbol_state import Rebuilt
from analytics.forecasting.forecast_events import PastBar
from analytics.indicators.indicator_set import IndicatorRow, IndicatorSet
from analytics.store.forecast_tables import latest_bars
from analytics.store.tables import FoldSnapshot, bars_until, replace_indicators, splits_until
from ml.models.features import split
from ml.uncertainty.volatility import MEMORY
from shared.calendars.calendars import calendar_of, periods_per_year
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Bar, Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor

PROGRESS_SYMBOLS = 25
"""Symbols between two progress messages."""

log = logging.getLogger("tickstream.analytics")


def rebuilt_engine(cursor: Cursor, snapshot: FoldSnapshot, engine: Engine) -> Engine:
    """A new engine, filled from a snapshot of older settings. The rows of its symbols in `indicators` are replaced.

    Rows of bars that closed after the snapshot are replaced when the log is reprocessed up to them.
    """
    indicators: Rebuilt = {}
    for done, (symbol, state) in enumerate(snapshot.symbols.items()):
        if done and done % PROGRESS_SYMBOLS == 0:
            log.info("Recalculated the indicators of %d of %d symbols.", done, len(snapshot.symbols))
        until = max(snapshot.partition["closed_until"], state["closed_until"])
        splits = _confirmed_splits(splits_until(cursor, symbol, snapshot.next_offset), state["splits"])
        for interval in INTERVALS:
            beat()
            periods = periods_per_year(calendar_of(state["exchange"]), INTERVAL_SECONDS[interval])
            refilled = indicators[symbol, interval] = IndicatorSet(engine.settings.indicators, periods)
            bars = bars_until(cursor, symbol, interval, until)
            replace_indicators(cursor, list(_refill(refilled, bars, splits)))
    engine.restore(snapshot.partition, snapshot.symbols, indicators)
    return engine


def _confirmed_splits(splits: list[tuple[float, float]], state: list[Any]) -> list[tuple[float, float]]:
    """The splits without the one that was unconfirmed at the snapshot and was confirmed after it."""
    check = SplitCheck()
    check.restore(state)
    return [split for split in splits if check.waiting is None or split[0] != check.latest_time]


def _refill(
    indicators: IndicatorSet, bars: list[Bar], splits: list[tuple[float, float]]
) -> Iterator[tuple[Bar, IndicatorRow]]:
    """Each bar with its indicators, in the engine's order: a split applies before the first bar that ends after it."""
    remaining = deque(splits)
    for bar in bars:
        while remaining and remaining[0][0] < bar.end:
            indicators.split(remaining.popleft()[1])
        yield bar, indicators.update(bar.close)
    for _, ratio in remaining:
        indicators.split(ratio)


def past_bars(cursor: Cursor, symbol: str, interval: Interval, next_offset: int) -> list[PastBar]:
    """The newest bars of a series, as many as the volatility filter remembers, adjusted to today's shares: each split
    adjusts the bars that ended by its time, one split after the other, as in the engine."""
    splits = splits_until(cursor, symbol, next_offset)
    past = []
    for end, bar in latest_bars(cursor, symbol, interval, MEMORY):
        for time, ratio in splits:
            if end <= time:
                bar = split(bar, ratio)
        past.append((end, bar))
    return past
