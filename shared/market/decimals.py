"""The number of decimals with which a price is shown. Pure."""

from math import floor, log10

CENTS = 2
MAX_DECIMALS = 16
"""Enough for all prices; the axis of a chart supports no more."""
DIGITS = 4
"""Significant digits of a price below 1 if its source provides too few decimals, or none."""
MIN_DIGITS = 3
"""With fewer significant digits, the source's decimals are too few."""
DIGITS_OF_DUST = 6
"""Significant digits of a price whose four digits need more than eight decimals: such coins are quoted with six."""
WIDEST = 8
"""More decimals from a source are used only as far as the price has significant digits."""
PAIR, DECIMALS_OF_PAIR, DECIMALS_OF_LARGE_PAIR = "=X", 5, 3
"""Symbol suffix of currency pairs, and their usual decimals: more for EUR/USD than for USD/JPY."""
LARGE_PAIR = 20


def decimals_for(symbol: str, price: float | None, given: int | None) -> int:
    """Decimals for a price of `symbol`: those of its source (`given`), but enough for a small price.

    If the source provides none: 2, or 5 or 3 for currency pairs.
    """
    if given is None and symbol.endswith(PAIR):
        is_large = price is not None and price >= LARGE_PAIR
        given = DECIMALS_OF_LARGE_PAIR if is_large else DECIMALS_OF_PAIR
    return decimals_shown(price, given)


def decimals_shown(price: float | None, given: int | None) -> int:
    """Decimals for `price`, which may be negative or zero, if its source provides `given`.

    The source's decimals are used if they show a price below 1 with at least three significant digits.
    """
    if price is None or price == 0 or abs(price) >= 1:
        return CENTS if given is None else min(WIDEST, given)
    above = -floor(log10(abs(price))) - 1
    if given is not None and above + MIN_DIGITS <= given:
        return min(given, max(WIDEST, above + DIGITS_OF_DUST), MAX_DECIMALS)
    needed = above + DIGITS if above + DIGITS <= WIDEST else above + DIGITS_OF_DUST
    return min(MAX_DECIMALS, needed)
