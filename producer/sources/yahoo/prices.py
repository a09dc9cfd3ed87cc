"""Yahoo's prices as they were meant: it keeps them in 32 bits and writes 332.795 as 332.7950134277344."""

import math

import numpy as np

SPARE_DECIMALS = 2
"""Kept beyond the decimals that prices are shown with: trades are reported in fractions of them."""
LARGEST = float(np.finfo(np.float32).max)
LEAST_DIGITS = 6
"""Of a price far below 1, whatever decimals it is shown with; 32 bits hold no fewer."""


def plain_price(price: float, price_hint: int, factor: float = 1.0) -> float:
    """`price` times `factor`, without the digits that the way from 32 to 64 bits added.

    The shortest decimal number that 32 bits tell from its neighbours is the one they were made of. What is no
    price (0, NaN, infinity) comes back as it is: whoever makes a record of it refuses it.
    """
    if price < 0:
        return -plain_price(-price, price_hint, factor)
    if not 0 < price < LARGEST:
        return price
    narrow = np.float32(price)
    # Written with few digits, as quotes are, a price is not widened, but plain already.
    product = (float(str(narrow)) if float(narrow) == price else price) * factor
    if product <= 0:
        return product
    digits_after_point = LEAST_DIGITS - 1 - math.floor(math.log10(product))
    return round(product, max(price_hint + SPARE_DECIMALS, digits_after_point))
