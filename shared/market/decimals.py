"""How many decimals a price is written with. Pure."""

from math import floor, log10

CENTS = 2
MOST = 16
"""Enough for every price there may be; the axis of a chart takes no more."""
DIGITS = 4
"""So many significant digits has a price below 1 whose source names too few decimals, or none."""
FEWEST_DIGITS = 3
"""Below so many, what a source names is not enough."""
DIGITS_OF_DUST = 6
"""So many has one whose four digits need more than eight decimals: coins that far down are quoted with six."""
WIDEST = 8
"""A source that names more decimals than these is followed only as far as the price has digits."""
PAIR, DECIMALS_OF_PAIR, DECIMALS_OF_LARGE_PAIR = "=X", 5, 3
"""The end of the symbols of currency pairs, and their usual decimals: more for EUR/USD than for USD/JPY."""
LARGE_PAIR = 20


def decimals_for(symbol: str, price: float | None, told: int | None) -> int:
    """Decimals for a price of `symbol`: as many as its source says (`told`), and enough for a small price.

    Where the source does not say: 2; 5 or 3 for currency pairs.
    """
    if told is None and symbol.endswith(PAIR):
        is_large = price is not None and price >= LARGE_PAIR
        told = DECIMALS_OF_LARGE_PAIR if is_large else DECIMALS_OF_PAIR
    return decimals_shown(price, told)


def decimals_shown(price: float | None, told: int | None) -> int:
    """Decimals for `price`, which may be negative or zero, where its source names `told`.

    What the source names holds where it shows a price below 1 with three significant digits or more.
    """
    if price is None or price == 0 or abs(price) >= 1:
        return CENTS if told is None else min(WIDEST, told)
    above = -floor(log10(abs(price))) - 1
    if told is not None and above + FEWEST_DIGITS <= told:
        return min(told, max(WIDEST, above + DIGITS_OF_DUST), MOST)
    needed = above + DIGITS if above + DIGITS <= WIDEST else above + DIGITS_OF_DUST
    return min(MOST, needed)
