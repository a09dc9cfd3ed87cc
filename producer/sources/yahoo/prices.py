"""Restores Yahoo's prices, which are stored as 32-bit floats, so that 332.795 is sent as 332.7950134277344."""

import math

import numpy as np

SPARE_DECIMALS = 2
"""Decimals kept in addition to those shown, because trades may have fractions of them."""
MAX_FLOAT32 = float(np.finfo(np.float32).max)
MIN_DIGITS = 6
"""Minimum significant digits of a price far below 1; 32-bit floats have at least as many."""


def plain_price(price: float, price_hint: int, factor: float = 1.0) -> float:
    """`price` times `factor`, without the digits added by the conversion from 32 to 64 bits.

    The original is the shortest decimal number that maps to the same 32-bit float. Invalid prices (0, NaN, infinity)
    are returned unchanged; creating a record from them raises an error.
    """
    if price < 0:
        return -plain_price(-price, price_hint, factor)
    if not 0 < price < MAX_FLOAT32:
        return price
    narrow = np.float32(price)
    # A price with few digits, as in quotes, was not converted and needs no correction.
    product = (float(str(narrow)) if float(narrow) == price else price) * factor
    if product <= 0:
        return product
    digits_after_point = MIN_DIGITS - 1 - math.floor(math.log10(product))
    return round(product, max(price_hint + SPARE_DECIMALS, digits_after_point))
