"""Whether a rule was worth anything: a line of figures for each horizon, with a verdict in words. Pure.

The mean difference from all bars of the same symbol and hour of day is what a random entry at that hour would not have
had. Its 95 % interval is clustered by day, because what happens after two alerts of one day is not independent; the
method is that of `ml.scoring.significance`.
"""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.alerts.track_record.returns import AfterFiring, SymbolBars, returns_after
from ml.scoring.significance import MIN_CLUSTERS, Comparison, Difference
from shared.market.records import INTERVAL_SECONDS, Interval

HORIZONS = (1, 5, 15, 60)
"""Bars after the one at which a rule fired."""
DAY = 86_400
WEEK_OF_TRADING = 7 / 5
"""Calendar days a day of trading takes, so that a cluster of days is as long as the horizon."""

TOO_FEW = "too few to tell"
CHANCE = "not distinguishable from chance"
HIGHER = "higher than at other times"
LOWER = "lower than at other times"


class Fired(NamedTuple):
    """The bars of a symbol, and the places of those at which the rule fired."""

    bars: SymbolBars
    places: NDArray[np.int64]


class HorizonRecord(NamedTuple):
    """What came `horizon` bars after so many `alerts` on `days` days; returns as fractions.

    `usual_median` and `usual_positive` are of all bars of the same symbols and hours. `difference` is the mean return
    less that of random entries; None below 20 `observations`, each of the alerts of one day, or of the several days
    that a return spans.
    """

    horizon: int
    alerts: int
    days: int
    median: float | None
    positive: float | None
    usual_median: float | None
    usual_positive: float | None
    observations: int
    difference: Difference | None

    @property
    def verdict(self) -> str:
        """What the interval allows to conclude."""
        found = self.difference
        if found is None:
            return f"{TOO_FEW} ({self.observations} of {MIN_CLUSTERS} observations)"
        if found.low <= 0.0 <= found.high:
            return CHANCE
        return HIGHER if found.low > 0.0 else LOWER


def track_record(fired: Sequence[Fired], interval: Interval) -> list[HorizonRecord]:
    """A line for each horizon, over all symbols together."""
    return [_record(fired, horizon, interval) for horizon in HORIZONS]


def _record(fired: Sequence[Fired], horizon: int, interval: Interval) -> HorizonRecord:
    found = [returns_after(each.bars, each.places, horizon) for each in fired if len(each.places)]
    returns = np.concatenate([each.returns for each in found]) if found else np.empty(0)
    usual = np.concatenate([each.usual for each in found]) if found else np.empty(0)
    days = np.unique(np.concatenate([each.days for each in found])) if found else np.empty(0)
    return HorizonRecord(
        horizon,
        len(returns),
        len(days),
        *_center(returns),
        *_center(usual),
        *_difference(found, horizon, interval),
    )


def _center(returns: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """The median, and the fraction above zero."""
    if not len(returns):
        return None, None
    return float(np.median(returns)), float(np.mean(returns > 0.0))


def _difference(
    found: Sequence[AfterFiring], horizon: int, interval: Interval
) -> tuple[int, Difference | None]:
    """The number of observations, and the mean difference."""
    days_ahead = horizon * INTERVAL_SECONDS[interval] / DAY
    comparison = Comparison(1 if days_ahead < 1 else ceil(days_ahead * WEEK_OF_TRADING))
    rows = sorted(row for each in found for row in zip(each.days, each.returns, each.expected, strict=True))
    for day, after, expected in rows:
        comparison.add(int(day), float(after), float(expected))
    if rows:
        # A cluster counts once it has ended: an empty entry of a later day ends the last one.
        comparison.add(int(rows[-1][0]) + comparison.days, 0.0, 0.0)
    return comparison.clusters, comparison.difference()
