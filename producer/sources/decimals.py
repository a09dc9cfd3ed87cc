"""The number of decimals to show for a price if its source does not provide one."""

import math

from shared.market.decimals import CENTS, MAX_DECIMALS

DIGITS = 6
"""Significant digits that distinguish successive prices of a coin or currency: 1.08451 dollars, 151.324 yen."""


def decimals_of(price: float) -> int:
    """Decimals for six digits of `price`: 3 for 151.324 and 5 for 1.08451, at least two."""
    if price <= 0:
        return CENTS
    before_point = math.floor(math.log10(price)) + 1
    return min(MAX_DECIMALS, max(CENTS, DIGITS - before_point))
