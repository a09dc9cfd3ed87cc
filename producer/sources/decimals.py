"""How many decimals a price is worth showing with, where its source does not say."""

import math

DIGITS = 6
"""So many digits tell one price of a coin or a currency from the next: 1.08451 dollars, 151.324 yen."""
FEWEST, MOST = 2, 12


def decimals_of(price: float) -> int:
    """Decimals that show six digits of `price`: 3 for 151.324 and 5 for 1.08451, never fewer than cents."""
    before_point = math.floor(math.log10(price)) + 1
    return min(MOST, max(FEWEST, DIGITS - before_point))
