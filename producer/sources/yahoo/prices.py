"""Restores Yahoo's prices, which are stored as 32-bit floats, so that 332.795 is sent as 332.7950134277344."""

import numpy as np

SPARE_DECIMALS = 2
"""Decimals kept in addition to those shown, because trades may have fractions of them."""
MAX_FLOAT32 = float(np.finfo(np.float32).max)
FLOAT32_NOISE = 2.0**-22
"""Relative difference of 32-bit floats that are at most two steps apart."""


def plain_price(price: float, price_hint: int, factor: float = 1.0) -> float:
    """`price` times `factor`, as the shortest decimal number that maps to the same 32-bit float.

    `price_hint` is the number of decimals shown. A number with SPARE_DECIMALS more is preferred if it is within the
    error of arithmetic with 32-bit floats. Invalid prices (0, NaN, infinity) are returned unchanged; creating a record
    from them raises an error.
    """
    if not 0 < abs(price) < MAX_FLOAT32:
        return price
    product = _shortest(price) * factor
    rounded = round(product, price_hint + SPARE_DECIMALS)
    if abs(rounded - product) <= abs(product) * FLOAT32_NOISE:
        return rounded
    return product if factor == 1 else float(str(np.float32(product)))


def _shortest(price: float) -> float:
    """The shortest decimal number of a 32-bit float; a price that is none was not converted and stays as it is."""
    narrow = np.float32(price)
    return float(str(narrow)) if float(narrow) == price else price
