"""The forecast that is shown for each of the next closes: that of its horizon's champion. Pure."""

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from dashboard.read.rows import ActionRow, ForecastRow, SeriesAccuracy

NAIVE = "naive"


class ExpectedClose(NamedTuple):
    """The forecast of one close: its model, mean, and the bounds of each interval, the narrowest first.

    In units of today's share.
    """

    model: str
    mean: float
    low: list[float]
    high: list[float]


def expected_closes(
    forecast: ForecastRow, accuracy: SeriesAccuracy, actions: Sequence[ActionRow]
) -> list[ExpectedClose]:
    """The forecasts of the next closes, up to the first close without one."""
    share = share_since(forecast.made_at, actions)
    found = []
    for step, champion in enumerate(accuracy.champions):
        close = _expected_close(forecast, champion, step, share) or _expected_close(
            forecast, NAIVE, step, share
        )
        if close is None:
            break
        found.append(close)
    return found


def _expected_close(forecast: ForecastRow, model: str, step: int, share: float) -> ExpectedClose | None:
    """A model's forecast of the close `step` bars after the next; None if it has none."""
    path = forecast.models.get(model)
    if path is None or step >= len(path.mean):
        return None
    mean, low, high = path.mean[step], _scaled(path.lower[step], share), _scaled(path.upper[step], share)
    if mean is None or not len(low) == len(high) == len(forecast.levels):
        return None
    return ExpectedClose(model, mean * share, low, high)


def _scaled(bounds: Sequence[float | None], share: float) -> list[float]:
    return [bound * share for bound in bounds if bound is not None]


def share_since(time: int, actions: Sequence[ActionRow]) -> float:
    """The factor that converts a price of `time` to units of today's share: the splits since then."""
    return 1 / prod(each.value for each in actions if each.action == "split" and time <= each.time)
