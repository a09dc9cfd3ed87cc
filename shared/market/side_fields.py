"""Secondary values beside a price: an invalid one is dropped, and the price is kept. Pure."""

from shared.market.prices import MIN_PRICE, PRICE_LIMIT
from shared.market.records import AMOUNT_LIMIT

QUOTE_FIGURES = ("size", "bid", "ask", "day_open", "day_high", "day_low", "previous_close", "day_volume")
BAR_FIGURES = ("volume",)
"""The fields of a quote and of a recorded bar that may be dropped."""


def price_or_none(value: object) -> float | None:
    """A secondary price; None unless it is a finite positive number."""
    number = _number(value)
    return number if number is not None and MIN_PRICE < number < PRICE_LIMIT else None


def amount_or_none(value: object) -> float | None:
    """A volume or a size; None unless it is a finite non-negative number."""
    number = _number(value)
    return number if number is not None and 0 <= number <= AMOUNT_LIMIT else None


def size_or_none(value: object) -> float | None:
    """The size of a trade; None unless it is positive."""
    return amount_or_none(value) or None


def without_false_figures(fields: dict[str, object]) -> dict[str, object]:
    """A message's fields without invalid secondary numbers.

    Secondary values of another type are kept, so that a message with wrong types is rejected as a whole.
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
    """The value as a float; None if it is not a number, or an integer too large for a float."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None
