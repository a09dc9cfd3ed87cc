"""Bars of which some prices are 100 times off the others, as a low in pounds beside a high in pence. Pure.

Such a bar keeps low <= open, close <= high, so that nothing else shows it. It is set aside: which of its prices is the
right one can't be told. A price that really falls to a hundredth in one bar opens at the level of the close before.
"""

from math import log

UNIT = log(100)
UNIT_TOLERANCE = 0.12
"""How far a ratio may be from a power of 100, as a share of one: 100 is told from 57 and 174."""


def powers_of(ratio: float) -> int:
    """Which power of 100 the ratio of two prices is, 0 where it is none."""
    powers = log(ratio) / UNIT
    return round(powers) if abs(powers - round(powers)) <= UNIT_TOLERANCE else 0


def doubt_of(bars: int) -> str:
    """Why so many bars are set aside, for the user."""
    return f"{bars} bars are set aside in which one price is 100 times off the others"


class Tears:
    """Asked of one series' bars in order of time. Almost all are told by their range alone, without a logarithm."""

    def __init__(self) -> None:
        self._before: float | None = None

    def is_torn(self, opened: float, high: float, low: float, close: float) -> bool:
        """Whether prices of the bar are at two levels, and that is no fall or rise from the close before."""
        lowest, highest = min(opened, high, low, close), max(opened, high, low, close)
        if lowest <= 0:
            return False
        before, self._before = self._before, close
        if highest < 10 * lowest:
            return False
        if powers_of(min(opened, close) / low) or powers_of(high / max(opened, close)):
            return True
        is_move = before is not None and powers_of(opened / before) == 0
        return powers_of(opened / close) != 0 and not is_move
