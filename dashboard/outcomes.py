"""What had been forecast for the newest closes against what came. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from dashboard.forecasts import share_since
from dashboard.numbers import percent, plain
from dashboard.rows import ActionRow, PastRow

CLOSES_SHOWN = 100


class Outcome(NamedTuple):
    """The close of the bar that starts at `start`, and what was said of it one bar before: in today's shares."""

    start: int
    close: float
    mean: float
    low: float
    high: float


def outcomes(rows: Sequence[PastRow], actions: Sequence[ActionRow]) -> list[Outcome]:
    """What became of each forecast but the last; `rows` are oldest first.

    A bar is left out that did not follow the one before, and one for which no interval of the level was said.
    """
    found = []
    for said, came in pairwise(rows):
        if came.number != said.number + 1 or said.low is None or said.high is None:
            continue
        then, now = share_since(said.made_at, actions), share_since(came.made_at, actions)
        found.append(
            Outcome(came.start, came.close * now, said.mean * then, said.low * then, said.high * then)
        )
    return found


def figure(found: Sequence[Outcome], level: float) -> dict[str, Any]:
    """The outcomes as columns, and in `text` how many lay inside; an interval's bounds belong to it."""
    inside = sum(each.low <= each.close <= each.high for each in found)
    closes = f"{plain(inside, 0)} of the last {plain(len(found), 0)} closes"
    return {
        "level": level,
        "columns": {name: [getattr(each, name) for each in found] for name in Outcome._fields},
        "text": f"{closes} lay inside the {percent(level, 0)} interval." if found else "",
    }
