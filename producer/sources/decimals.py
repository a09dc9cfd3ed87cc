"""How many decimals a price is worth showing with, where its source does not say."""

import math

DIGITS = 5
"""So many digits tell one price of a coin or a currency from the next."""
FEWEST, MOST = 2, 12


def decimals_of(price: float) -> int:
    """Decimals that show five digits of `price`: 2 for 67,187.34 and 4 for 1.0845, never fewer than cents."""
    before_point = math.floor(math.log10(price)) + 1
    return min(MOST, max(FEWEST, DIGITS - before_point))
