"""What the engine yields: closed bars with their alerts and forecasts. Pure."""

from typing import NamedTuple

from analytics.engine.series import ClosedBar
from analytics.forecasting.forecast_events import ForecastStep, PastBar
from shared.market.records import INTERVAL_SECONDS, Interval

PastBars = dict[tuple[str, Interval], list[PastBar]]
"""Closed bars by symbol and interval, in order."""


class Event(NamedTuple):
    """A closed bar, the offset of the record that advanced its symbol's time past its end, and the forecasts made at
    its close, if its interval is forecast."""

    offset: int
    closed: ClosedBar
    step: ForecastStep | None


def closing_order(closed: ClosedBar) -> tuple[int, int, str]:
    """Sort key: bars of many symbols close in order of time, and minutes before the longer bars that contain them."""
    bar = closed.bar
    return bar.end, INTERVAL_SECONDS[bar.interval], bar.symbol
