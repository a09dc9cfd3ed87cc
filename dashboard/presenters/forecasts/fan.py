"""The forecast fan on the chart: the intervals of the next closes. Pure."""

from collections.abc import Sequence
from typing import Any

from dashboard.read.expected_closes import expected_closes
from dashboard.read.rows import ActionRow, ForecastRow, SeriesAccuracy


def fan(
    forecast: ForecastRow | None, accuracy: SeriesAccuracy | None, actions: Sequence[ActionRow]
) -> dict[str, Any] | None:
    """The intervals of the next closes in units of today's share; None without a forecast.

    `start` is the start of the bar after whose close they were made. `low` and `high` hold one list per bar, the widest
    interval first.
    """
    steps = [] if forecast is None or accuracy is None else expected_closes(forecast, accuracy, actions)
    if forecast is None or not steps:
        return None
    return {
        "start": forecast.start,
        "mean": [step.mean for step in steps],
        "low": [step.low[::-1] for step in steps],
        "high": [step.high[::-1] for step in steps],
    }
