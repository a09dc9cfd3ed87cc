"""Figures that come beside a price: one that can't be true is left out, and never costs the price. Pure."""

from shared.market.records import AMOUNT_LIMIT, LEAST_PRICE, PRICE_LIMIT

QUOTE_FIGURES = ("size", "bid", "ask", "day_open", "day_high", "day_low", "previous_close", "day_volume")
BAR_FIGURES = ("volume",)
"""The fields of a quote and of a recorded bar that may be left out."""


def price_or_none(value: object) -> float | None:
    """A price that a source gives beside the last one; None unless it is a finite positive number."""
    number = _number(value)
    return number if number is not None and LEAST_PRICE < number < PRICE_LIMIT else None


def amount_or_none(value: object) -> float | None:
    """A volume or a size; None unless it is a finite number that is not negative."""
    number = _number(value)
    return number if number is not None and 0 <= number <= AMOUNT_LIMIT else None


def size_or_none(value: object) -> float | None:
    """The size of a trade; None where it is not known to be above zero."""
    return amount_or_none(value) or None


def without_false_figures(fields: dict[str, object]) -> dict[str, object]:
    """A message's fields but for the numbers beside the price that no table may hold.

    A figure that is no number at all stays: a message that confuses types is wrong as a whole.
    """
    figures = QUOTE_FIGURES if fields.get("kind") == "quote.v1" else BAR_FIGURES
    return {
        name: value
        for name, value in fields.items()
        if name not in figures or not _is_number(value) or amount_or_none(value) is not None
    }


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object) -> float | None:
    """The value as a float; None where it is none, or too large an integer for one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
