"""Compares the forecasts of the newest closes with the actual closes. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from dashboard.presenters.forecasts.model_names import kind_name
from dashboard.presenters.numbers import percent, plain
from dashboard.read.expected_closes import NAIVE, share_since
from dashboard.read.rows import ActionRow, PastForecastRow


class ForecastOutcome(NamedTuple):
    """The close of the bar that starts at `start` and its forecast made one bar earlier, in units of today's share."""

    start: int
    close: float
    mean: float
    low: float
    high: float


def outcomes(rows: Sequence[PastForecastRow], actions: Sequence[ActionRow]) -> list[ForecastOutcome]:
    """The outcome of each forecast except the last; `rows` are oldest first.

    A bar that does not directly follow the previous one is omitted, and so is one whose forecast has no interval of the
    level.
    """
    found = []
    for made, actual in pairwise(rows):
        if actual.number != made.number + 1 or made.mean is None or made.low is None or made.high is None:
            continue
        then, now = share_since(made.made_at, actions), share_since(actual.made_at, actions)
        found.append(
            ForecastOutcome(
                actual.start, actual.close * now, made.mean * then, made.low * then, made.high * then
            )
        )
    return found


def figure(found: Sequence[ForecastOutcome], level: float, model: str) -> dict[str, Any]:
    """The outcomes of a model's forecasts as columns, and the coverage of its interval in `text`.

    A close on a bound is inside the interval.
    """
    inside = sum(each.low <= each.close <= each.high for each in found)
    name = '"no change"' if model == NAIVE else kind_name(model)
    closes = f"{plain(inside, 0)} of the last {plain(len(found), 0)} closes"
    return {
        "level": level,
        "model": model,
        "columns": {name: [getattr(each, name) for each in found] for name in ForecastOutcome._fields},
        "text": f"{closes} were inside the {percent(level, 0)} interval of {name}." if found else "",
    }
