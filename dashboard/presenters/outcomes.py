"""What had been forecast for the newest closes against what came. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from dashboard.presenters.forecasts import NAIVE, kind_name, share_since
from dashboard.presenters.numbers import percent, plain
from dashboard.read.rows import ActionRow, PastRow

CLOSES_SHOWN = 100


class ForecastOutcome(NamedTuple):
    """The close of the bar that starts at `start`, and what was said of it one bar before: in today's shares."""

    start: int
    close: float
    mean: float
    low: float
    high: float


def outcomes(rows: Sequence[PastRow], actions: Sequence[ActionRow]) -> list[ForecastOutcome]:
    """What became of each forecast but the last; `rows` are oldest first.

    A bar is left out that did not follow the one before, and one for which the model said no interval of the level.
    """
    found = []
    for said, came in pairwise(rows):
        if came.number != said.number + 1 or said.mean is None or said.low is None or said.high is None:
            continue
        then, now = share_since(said.made_at, actions), share_since(came.made_at, actions)
        found.append(
            ForecastOutcome(came.start, came.close * now, said.mean * then, said.low * then, said.high * then)
        )
    return found


def figure(found: Sequence[ForecastOutcome], level: float, model: str) -> dict[str, Any]:
    """The outcomes of a model's forecasts as columns, and in `text` how many lay inside.

    An interval's bounds belong to it.
    """
    inside = sum(each.low <= each.close <= each.high for each in found)
    named = "no change" if model == NAIVE else kind_name(model)
    closes = f"{plain(inside, 0)} of the last {plain(len(found), 0)} closes"
    return {
        "level": level,
        "model": model,
        "columns": {name: [getattr(each, name) for each in found] for name in ForecastOutcome._fields},
        "text": f"{closes} lay inside the {percent(level, 0)} interval of {named}." if found else "",
    }
