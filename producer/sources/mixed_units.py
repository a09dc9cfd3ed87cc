"""Detects bars with mixed units: some prices differ from the others by a factor of 100, such as a low in pounds and a
high in pence. Pure.

Such a bar satisfies low <= open, close <= high, so no other check finds it. It is skipped, because the correct prices
can't be determined. A price that really falls to a hundredth within one bar opens at the level of the previous close.
"""

from math import log

from producer.sources.answers import NO_DOUBTS, Doubts

MIXED_UNITS = "bars are skipped in which one price differs from the others by a factor of 100"
UNIT = log(100)
UNIT_TOLERANCE = 0.12
"""Tolerance of the exponent of 100: ratios from 57 to 174 count as 100."""


def powers_of(ratio: float) -> int:
    """The exponent if the ratio of two prices is close to a power of 100, else 0."""
    powers = log(ratio) / UNIT
    return round(powers) if abs(powers - round(powers)) <= UNIT_TOLERANCE else 0


def mixed_unit_doubts(bars: int) -> Doubts:
    """The doubts about this number of skipped bars with mixed units."""
    return Doubts((MIXED_UNITS,), bars) if bars else NO_DOUBTS


class MixedUnitDetector:
    """Checks the bars of one series in time order. Most bars are cleared by their range alone, without a logarithm."""

    def __init__(self) -> None:
        self._before: float | None = None

    def has_mixed_units(self, opened: float, high: float, low: float, close: float) -> bool:
        """Whether the bar's prices are at two levels that are not explained by a move from the previous close."""
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
