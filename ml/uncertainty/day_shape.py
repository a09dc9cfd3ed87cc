"""The shape of the day: how far prices move in each part of a day, relative to the other parts.

Shares move more after the opening than at noon, and currencies in the hours of London and New York (Andersen and
Bollerslev, "Intraday periodicity and volatility persistence in financial markets", Journal of Empirical Finance 4,
1997). `ml.uncertainty.volatility` follows slow changes only, so returns are divided by the factor of their part before
it sees them, and its sigmas are multiplied by the factors of the parts ahead.

A part is a number that the caller chooses, such as that of a half hour. Its factor is 1 at first, with the weight of
PRIOR_DAYS days, then the mean of what the sizes of its returns were relative to those expected, from MEMORY_DAYS on
exponential. A few days say little about it: with a weak prior, factors from three days made intervals worse.
"""

from collections.abc import Sequence

PRIOR_DAYS, MEMORY_DAYS = 10, 100
SURPRISE = 6.0
"""Limit of a return's size relative to the expected one: an event is no habit."""
SMALLEST, LARGEST = 0.1, 30.0
"""Limits of a factor: a part in which a price stood still for years keeps one from which it can rise again."""

CLOSING = -1
"""The part that contains the return from a day's last bar to the next day's first one. It has one return a day."""


class DayShape:
    """The factors of one symbol and interval; an ordinary part of a day contains `bars` bars.

    `factor` is that of the return from the newest bar to the next one.
    """

    __slots__ = ("_bars", "_factors", "_part", "_seen", "factor")

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._part = 0
        self.factor = 1.0
        self._factors: dict[int, float] = {}
        self._seen: dict[int, int] = {}

    @property
    def key(self) -> str:
        """Identifies the parameters of a stored state."""
        return f"shape-{self._bars}-{PRIOR_DAYS}-{MEMORY_DAYS}-{SURPRISE:g}"

    def follow(self, surprise: float, parts: Sequence[int]) -> list[float]:
        """A bar has closed, and the next returns are in these parts: returns their factors.

        `surprise` is the size of the return that has ended, relative to the expected one.
        """
        part, factors, returns_a_day = self._part, self._factors, self._bars
        if part == CLOSING:
            returns_a_day = 1
        seen = self._seen.get(part, 0)
        if seen < (MEMORY_DAYS - PRIOR_DAYS) * returns_a_day:
            seen = self._seen[part] = seen + 1
        change = (surprise if surprise < SURPRISE else SURPRISE) - 1.0
        learned = self.factor * (1.0 + change / (PRIOR_DAYS * returns_a_day + seen))
        factors[part] = min(max(learned, SMALLEST), LARGEST)
        next_part = self._part = parts[0]
        factor = self.factor = factors.get(next_part, 1.0)
        if next_part == parts[-1]:
            return [factor] * len(parts)
        return [factors.get(each, 1.0) for each in parts]

    def state(self) -> list[list[float]]:
        """The complete state for `restore()`, as finite numbers."""
        return [[self._part], *([part, self._seen[part], factor] for part, factor in self._factors.items())]

    def restore(self, state: Sequence[Sequence[float]]) -> None:
        """Raises ValueError if the state is not valid for this class."""
        if not state or len(state[0]) != 1 or any(len(row) != 3 for row in state[1:]):
            raise ValueError("the stored shape of the day is incomplete")
        if not all(SMALLEST <= factor <= LARGEST and seen >= 0 for _, seen, factor in state[1:]):
            raise ValueError("the stored shape of the day has factors out of range")
        self._seen = {int(part): int(seen) for part, seen, _ in state[1:]}
        self._factors = {int(part): factor for part, _, factor in state[1:]}
        self._part = int(state[0][0])
        self.factor = self._factors.get(self._part, 1.0)
