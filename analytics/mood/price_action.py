"""How strongly a symbol's last bar moved, and the market with it. Pure.

It measures what the price did, not what anybody thinks: it is shown as price action beside the mood of headlines, and
is no part of it.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import fsum, log, sqrt, tanh

RETURNS = 20
"""Log returns before the last one, whose standard deviation is the usual size of a move."""
LEAST_VOLUME, MOST_VOLUME = 0.5, 2.0
"""Limits of the weight of a move by its volume."""
BREADTH_WEIGHT = 0.2


def price_action(
    closes: Sequence[float], volumes: Sequence[float], breadth: float | None = None
) -> float | None:
    """From -1, a strong fall, to 1, a strong rise; None unless there are RETURNS + 2 closes that moved.

    move = tanh(v * r / (2 * s)) with the last log return r, the sample standard deviation s of the RETURNS before it,
    and v the last volume divided by the mean of those before it, between LEAST_VOLUME and MOST_VOLUME; 1 without
    volumes. With the breadth b of the market, (advancing - declining) / all symbols, it is 0.8 * move + 0.2 * b.
    A convention of this project. Closes and volumes are of successive bars in the same shares, oldest first.
    """
    last = closes[-RETURNS - 2 :]
    if len(last) < RETURNS + 2 or min(last) <= 0.0:
        return None
    returns = [log(later / earlier) for earlier, later in pairwise(last)]
    *usual, newest = returns
    mean = fsum(usual) / RETURNS
    size = sqrt(fsum((each - mean) ** 2 for each in usual) / (RETURNS - 1))
    if size == 0.0:
        return None
    move = tanh(_weight(volumes) * newest / (2.0 * size))
    return move if breadth is None else (1.0 - BREADTH_WEIGHT) * move + BREADTH_WEIGHT * breadth


def _weight(volumes: Sequence[float]) -> float:
    *before, newest = volumes[-RETURNS - 1 :]
    mean = fsum(before) / len(before) if before else 0.0
    return min(max(newest / mean, LEAST_VOLUME), MOST_VOLUME) if mean > 0.0 and newest > 0.0 else 1.0
