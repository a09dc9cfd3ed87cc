"""New settings or trading hours: indicators, and what forecasts begin behind, are made from the closed bars."""

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
"""Progress is logged after so many symbols."""

log = logging.getLogger("tickstream.analytics")


def rebuilt_engine(cursor: Cursor, snapshot: FoldSnapshot, engine: Engine) -> Engine:
    """A new engine, filled from a snapshot of older settings; its symbols' rows in `indicators` are written anew.

    Rows of bars that closed behind the snapshot are to be replaced when the log is folded up to them again.
    """
    indicators: Rebuilt = {}
    for done, (symbol, state) in enumerate(snapshot.symbols.items()):
        if done and done % PROGRESS_SYMBOLS == 0:
            log.info("The indicators of %d of %d symbols are calculated again.", done, len(snapshot.symbols))
        until = max(snapshot.partition["closed_until"], state["closed_until"])
        splits = _divided(splits_until(cursor, symbol, snapshot.next_offset), state["splits"])
        for interval in INTERVALS:
            beat()
            periods = periods_per_year(calendar_of(state["exchange"]), INTERVAL_SECONDS[interval])
            refilled = indicators[symbol, interval] = IndicatorSet(engine.settings.indicators, periods)
            bars = bars_until(cursor, symbol, interval, until)
            replace_indicators(cursor, list(_refill(refilled, bars, splits)))
    engine.restore(snapshot.partition, snapshot.symbols, indicators)
    return engine


def _divided(splits: list[tuple[float, float]], state: list[Any]) -> list[tuple[float, float]]:
    """Without the one that waited for a price at the snapshot, and was found to hold behind it."""
    check = SplitCheck()
    check.restore(state)
    return [split for split in splits if check.waiting is None or split[0] != check.latest_time]


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


def past_bars(cursor: Cursor, symbol: str, interval: Interval, next_offset: int) -> list[PastBar]:
    """The newest bars of a series, as many as a volatility remembers, in the shares of now: every split divides what
    ended by then, one after the other, as the engine does it."""
    splits = splits_until(cursor, symbol, next_offset)
    past = []
    for end, bar in latest_bars(cursor, symbol, interval, MEMORY):
        for time, ratio in splits:
            if end <= time:
                bar = split(bar, ratio)
        past.append((end, bar))
    return past
