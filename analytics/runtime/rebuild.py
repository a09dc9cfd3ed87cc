"""New indicators, settings or trading hours: calculates from closed bars what snapshots and tables lack, and loads the
bars that forecasts begin after."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeVar

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import PastBars
from analytics.engine.series import context_of
from analytics.engine.split_check import SplitCheck
from analytics.forecasting.forecast_events import PastBar
from analytics.indicators.indicator_set import IndicatorSet, IndicatorStates, SettingsChanged
from analytics.indicators.own.own_indicators import OwnIndicators
from analytics.store.forecasts.forecast_tables import latest_bars
from analytics.store.own_tables import replace_own
from analytics.store.snapshot_tables import FoldSnapshot
from analytics.store.tables import bars_until, replace_indicators, splits_until
from ml.uncertainty.volatility import MEMORY
from shared.calendars.calendars import calendar_of
from shared.market.records import INTERVALS, Bar, Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor

Series = dict[str, Any]
"""The state of a series in a snapshot."""

Splits = list[tuple[float, float]]
"""Splits in order: a place, which is the end of the last bar before it or its own time, in epoch seconds; and the
ratio."""

Row = TypeVar("Row", covariant=True)


class Updated(Protocol[Row]):
    """Indicators of one series, those of the catalog or the user's own."""

    def update(self, bar: Bar) -> Row: ...
    def split(self, ratio: float) -> None: ...


PROGRESS_SYMBOLS = 25
"""Symbols between two progress messages."""

log = logging.getLogger("tickstream.analytics")


def rebuild(cursor: Cursor, snapshot: FoldSnapshot, settings: EngineSettings) -> Iterator[str]:
    """Bring the states and stored rows of every symbol of a snapshot up to the catalog and these settings, which have
    the user's own indicators.

    Only the columns whose indicators have no state that fits are calculated and written. Yields each symbol when it is
    finished, so that it can be saved in a transaction of its own. Rows of bars that closed after the snapshot are
    replaced when the log is reprocessed up to them.
    """
    for done, (symbol, state) in enumerate(snapshot.symbols.items()):
        if done and done % PROGRESS_SYMBOLS == 0:
            log.info("Recalculated the indicators of %d of %d symbols.", done, len(snapshot.symbols))
        until = max(snapshot.partition["closed_until"], state["closed_until"])
        stored_splits = _confirmed_splits(splits_until(cursor, symbol, snapshot.next_offset), state["splits"])
        for interval in INTERVALS:
            beat()
            context = context_of(calendar_of(state["exchange"]), interval)
            series = state["series"][interval]
            bars = partial(bars_until, cursor, symbol, interval, until)
            if not _fits(series["indicators"], IndicatorSet(settings.indicators, context)):
                indicators = IndicatorSet(settings.indicators, context)
                _recalculate(cursor, series, bars(), indicators, stored_splits)
            if settings.own:
                make = partial(OwnIndicators, settings.own, context)
                splits = stored_splits if series["splits"] is None else series["splits"]
                _bring_own_up(cursor, series, bars, splits, make)
        yield symbol


def _recalculate(
    cursor: Cursor, series: Series, bars: Sequence[Bar], indicators: IndicatorSet, stored_splits: Splits
) -> None:
    """Calculate the indicators of a series anew, from its closed bars and the splits that converted it.

    The snapshot of an earlier version has no such splits. If there were any, one may have been reported too late to
    convert the series, so that values of both kinds would be in one row: all columns are written then.
    """
    known = series.get("splits")
    splits = stored_splits if known is None else known
    rows = list(_refill(indicators, bars, splits))
    may_differ = known is None and splits
    replace_indicators(cursor, rows, indicators.adopt({} if may_differ else series["indicators"]))
    series["splits"], series["indicators"] = splits, indicators.state()


def _bring_own_up(
    cursor: Cursor,
    series: Series,
    bars: Callable[[], list[Bar]],
    splits: Splits,
    make: Callable[[], OwnIndicators],
) -> None:
    """Calculate the user's own indicators of a series anew if they can't continue from their states, all of them. The
    other indicators of the series are up to date."""
    with suppress(SettingsChanged):
        make().restore(series.get("own", {}), _seen(series))
        return
    own = make()
    replace_own(cursor, list(_refill(own, bars(), splits)))
    series["own"] = own.state()


def _seen(series: Series) -> int:
    """The number of closed bars of a series."""
    return max(int(state[0]) for state in series["indicators"].values())


def _fits(stored: IndicatorStates, indicators: IndicatorSet) -> bool:
    """Whether the indicators can continue from the stored states."""
    try:
        indicators.restore(stored)
    except SettingsChanged:
        return False
    return True


def _confirmed_splits(splits: Splits, state: list[Any]) -> Splits:
    """The splits without the one that was unconfirmed at the snapshot and was confirmed after it."""
    check = SplitCheck()
    check.restore(state)
    return [(time, ratio) for time, ratio in splits if check.waiting is None or time != check.latest_time]


def _refill(indicators: Updated[Row], bars: Sequence[Bar], splits: Splits) -> Iterator[tuple[Bar, Row]]:
    """Each bar with its indicators, in the engine's order: a split applies before the first bar that ends after its
    place."""
    remaining = deque(splits)
    for bar in bars:
        while remaining and remaining[0][0] < bar.end:
            indicators.split(remaining.popleft()[1])
        yield bar, indicators.update(bar)
    for _, ratio in remaining:
        indicators.split(ratio)


def bars_before_forecasts(
    cursor: Cursor, engine: Engine, settings: EngineSettings, next_offset: int
) -> PastBars:
    """The bars after which forecasts with new settings begin. Bars without a forecast are not scored."""
    kept, wanted = engine.settings.forecasts, settings.forecasts
    changed = [interval for interval in wanted if wanted[interval] != kept.get(interval)]
    return {
        (symbol, interval): past_bars(cursor, symbol, interval, next_offset)
        for symbol in engine.symbols
        for interval in changed
    }


def past_bars(cursor: Cursor, symbol: str, interval: Interval, next_offset: int) -> list[PastBar]:
    """The newest bars of a series, as many as the volatility filter remembers, adjusted to today's shares."""
    bars = latest_bars(cursor, symbol, interval, MEMORY)
    return adjusted(bars, splits_until(cursor, symbol, next_offset))


def adjusted(bars: Iterable[PastBar], splits: Splits) -> list[PastBar]:
    """The bars in today's shares: each split adjusts the bars that ended by its time, one split after the other, as in
    the engine."""
    past = []
    for bar in bars:
        for time, ratio in splits:
            if bar.end <= time:
                bar = bar.split(ratio)
        past.append(bar)
    return past
