"""How many decimals a price is worth showing with, where its source does not say."""

import math

from shared.market.decimals import CENTS, MOST

DIGITS = 6
"""So many digits tell one price of a coin or a currency from the next: 1.08451 dollars, 151.324 yen."""


def decimals_of(price: float) -> int:
    """Decimals that show six digits of `price`: 3 for 151.324 and 5 for 1.08451, never fewer than cents."""
    if price <= 0:
        return CENTS
    before_point = math.floor(math.log10(price)) + 1
    return min(MOST, max(CENTS, DIGITS - before_point))
