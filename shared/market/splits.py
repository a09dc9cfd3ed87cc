"""A split, and whether prices show it: the jump between them is compared with its ratio."""

from math import log
from typing import NamedTuple

SMALL = log(1.2)
"""Logarithm of a ratio too small to be detected: overnight price changes are as large."""


class SplitAt(NamedTuple):
    """One share became `ratio` shares at `time`, in epoch seconds."""

    time: float
    ratio: float


def shows_split(before: float, after: float, ratio: float, expected: bool) -> bool | None:
    """Whether prices fell to 1/`ratio` from `before` to `after`, which are on either side of the ex-date.

    None if the change is between that and none. On the logarithmic scale, `expected` is accepted for small ratios or
    within half of the jump, the opposite only within a third.
    """
    length = abs(log(ratio))
    if length < SMALL:
        return expected
    jump = log(after / before)
    from_split, from_none = abs(jump + log(ratio)), abs(jump)
    if (from_split if expected else from_none) <= length / 2:
        return expected
    return not expected if (from_none if expected else from_split) <= length / 3 else None
