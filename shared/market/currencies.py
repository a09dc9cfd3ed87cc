"""Currencies and their smaller units that exchanges quote in: pence, cents, agorot, fils. Pure."""

from typing import NamedTuple


class Unit(NamedTuple):
    """What a code of a source stands for: `parts` of it make one of `currency`."""

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
"""Of shares; dollar cents are those of grain and coffee, which pay no dividends."""


def unit_of(code: str) -> Unit:
    """The unit that a code names. Case counts: GBp are pence, GBP pounds."""
    return _SMALLER.get(code, Unit(code, 1))


def is_same_unit(code: str, other: str) -> bool:
    """Whether two codes name the same unit, as GBp and GBX do."""
    return code == other or unit_of(code) == unit_of(other)


def converted(amount: float, code: str, into: str) -> float | None:
    """An amount in another unit of its own currency; None where `into` is another currency."""
    told, wanted = unit_of(code), unit_of(into)
    return amount * wanted.parts / told.parts if told.currency == wanted.currency else None


def is_in_hundredths(code: str) -> bool:
    """Whether the code names hundredths in which shares are quoted, as pence: a source may confuse them with pounds."""
    return unit_of(code).parts == 100 and is_confusable(code)


def is_confusable(code: str) -> bool:
    """Whether shares in this currency are quoted in whole units here and in parts of them there."""
    return unit_of(code).currency in _QUOTED_IN_PARTS
