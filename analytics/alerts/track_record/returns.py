"""The returns after the bars of one symbol, and what is usual at each hour of its day. Pure."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
HOURS = 24


class SymbolBars(NamedTuple):
    """The closed bars of one symbol in order: `ends` in epoch seconds, `closes` adjusted for the splits before the last
    one.

    `hours` and `days` are those of their ends on the clock of the exchange; days count from any reference day.
    """

    ends: NDArray[np.int64]
    closes: Numbers
    hours: NDArray[np.int64]
    days: NDArray[np.int64]


class AfterFiring(NamedTuple):
    """For each bar at which a rule fired: its day, its return, and the mean return after all bars of its hour.

    `usual` are the returns after all bars of the hours at which it fired.
    """

    days: NDArray[np.int64]
    returns: Numbers
    expected: Numbers
    usual: Numbers


def returns_after(bars: SymbolBars, fired: NDArray[np.int64], horizon: int) -> AfterFiring:
    """The returns `horizon` bars after the places `fired`; those whose bar has not come yet are left out."""
    after = np.full(len(bars.closes), np.nan)
    after[: max(0, len(after) - horizon)] = bars.closes[horizon:] / bars.closes[:-horizon] - 1.0
    known = ~np.isnan(after)
    fired = fired[known[fired]]
    counts = np.bincount(bars.hours[known], minlength=HOURS)
    totals = np.bincount(bars.hours[known], weights=after[known], minlength=HOURS)
    hours = np.isin(bars.hours, bars.hours[fired]) & known
    expected = totals[bars.hours[fired]] / counts[bars.hours[fired]]
    return AfterFiring(bars.days[fired], after[fired], expected, after[hours])
