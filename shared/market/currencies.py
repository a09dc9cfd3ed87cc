"""Currencies and the smaller units in which exchanges quote: pence, cents, agorot, fils. Pure."""

from typing import NamedTuple


class Unit(NamedTuple):
    """The meaning of a source's currency code: `parts` of it make one unit of `currency`."""

    currency: str
    parts: int


_SMALLER = {
    **dict.fromkeys(("GBp", "GBX"), Unit("GBP", 100)),
    **dict.fromkeys(("ZAc", "ZAX", "ZAC"), Unit("ZAR", 100)),
    "ILA": Unit("ILS", 100),
    "KWF": Unit("KWD", 1000),
    "USX": Unit("USD", 100),
}
_QUOTED_IN_PARTS = {unit.currency: unit.parts for unit in _SMALLER.values() if unit.currency != "USD"}
"""Currencies in which shares are quoted in parts; dollar cents are used only for grain and coffee futures."""


def unit_of(code: str) -> Unit:
    """The unit of a code. Case matters: GBp is pence, GBP is pounds."""
    return _SMALLER.get(code, Unit(code, 1))


def is_same_unit(code: str, other: str) -> bool:
    """Whether two codes mean the same unit, such as GBp and GBX."""
    return code == other or unit_of(code) == unit_of(other)


def converted(amount: float, code: str, into: str) -> float | None:
    """Convert an amount to another unit of the same currency; None if `into` is another currency."""
    given, wanted = unit_of(code), unit_of(into)
    return amount * wanted.parts / given.parts if given.currency == wanted.currency else None


def is_in_hundredths(code: str) -> bool:
    """Whether the code means hundredths used for shares, such as pence, which sources confuse with pounds."""
    return unit_of(code).parts == 100 and is_confusable(code)


def is_confusable(code: str) -> bool:
    """Whether shares in this currency are quoted sometimes in whole units, sometimes in parts."""
    return unit_of(code).currency in _QUOTED_IN_PARTS
