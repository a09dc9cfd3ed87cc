"""The sale conditions of LEAN's tick files: a hexadecimal mask with one bit for each condition."""

from functools import lru_cache

CODES = ".CNRYFO654TL1TZSABVDWXHKMPQ.E..I"
"""The code of each bit, from the lowest on, as in `shared.market.trade_conditions`; a point for a bit without one: the
regular sale, the CAP election, which the tape no longer has, the exemption from the trade-through rule, which is no
sale condition, and one that its provider does not describe. The bit "extended hours" is form T too.

Source: https://github.com/QuantConnect/Lean, Common/Data/Auxiliary/TradeConditionFlags.cs."""
JOINED = (("TZ", "U"), ("LZ", "Z"))
"""Codes that LEAN writes as two bits: out of sequence in the extended hours, and sold out of sequence."""


@lru_cache(maxsize=1024)
def conditions_of(mask: str) -> str | None:
    """The conditions of a mask such as 80000020; None for a regular sale or an empty field.

    Raises ValueError if it is no such mask.
    """
    bits = int(mask.strip() or "0", 16)
    if not 0 <= bits < 1 << len(CODES):
        raise ValueError(f"{mask!r} is not a mask of sale conditions")
    codes = "".join(code for place, code in enumerate(CODES) if bits >> place & 1 and code != ".")
    for two, one in JOINED:
        codes = codes.replace(two, one)
    return codes or None
