"""Market breadth: how many symbols rise, and how many are above their average. Pure."""

from collections.abc import Iterable
from math import isclose
from typing import NamedTuple

ROUNDING = 1e-12


class LatestBar(NamedTuple):
    """The last closed bar of a symbol: its start in epoch seconds, its close and the one before it in the same shares,
    and the long simple moving average; None where there is none yet."""

    symbol: str
    start: int
    close: float
    previous: float | None
    average: float | None


class Breadth(NamedTuple):
    """Counts of symbols. `above` of `averaged` symbols closed above their average; `outdated` ones are in no count."""

    advancers: int
    decliners: int
    unchanged: int
    above: int
    averaged: int
    outdated: int


def breadth(bars: Iterable[LatestBar], since: int) -> Breadth:
    """The breadth of the symbols whose last bar starts at `since` or later, in epoch seconds."""
    found = list(bars)
    current = [bar for bar in found if bar.start >= since]
    changes = [price_change(bar.close, bar.previous) for bar in current if bar.previous is not None]
    averaged = [price_change(bar.close, bar.average) > 0.0 for bar in current if bar.average is not None]
    return Breadth(
        advancers=len([change for change in changes if change > 0.0]),
        decliners=len([change for change in changes if change < 0.0]),
        unchanged=changes.count(0.0),
        above=averaged.count(True),
        averaged=len(averaged),
        outdated=len(found) - len(current),
    )


def price_change(close: float, before: float) -> float:
    """The difference of two prices; 0 if it is the rounding of a price in new shares."""
    return 0.0 if isclose(close, before, rel_tol=ROUNDING) else close - before
