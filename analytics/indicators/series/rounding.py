"""Values that are equal but for their rounding. Pure.

A price is a decimal number. Divided by the ratio of a split, or calculated by another program, it may differ from the
same price as it is traded in its last binary digits: 0.15 / 3 is not 0.05.
"""

from collections.abc import Sequence

ROUNDING = 1e-14
"""Values that differ by less than this fraction of them are equal. It is some forty times the distance of two numbers,
and a tenth of the smallest step of a coin at 65,000 dollars that is traded with eight decimals."""


def all_equal(values: Sequence[float]) -> bool:
    """Whether these values, none negative, differ by their rounding only."""
    high = max(values)
    return high - min(values) <= ROUNDING * high
