"""The highest and the lowest price of a window. Pure."""

from typing import NamedTuple

from analytics.indicators.series.indicator_state import counted, misfit
from analytics.indicators.series.window import Window
from shared.market.records import Bar


class Range(NamedTuple):
    """The lowest low and the highest high of some bars."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The mean of both."""
        return (self.low + self.high) / 2


class Extremes:
    """The range of the last `period` bars."""

    def __init__(self, period: int) -> None:
        self.period = period
        self._lows, self._highs = Window(period), Window(period)

    def update(self, bar: Bar) -> Range | None:
        """Add a bar; the range with it, None for the first `period` - 1 bars."""
        return _range(self._lows.add(bar.low), self._highs.add(bar.high))

    def preview(self, bar: Bar) -> Range | None:
        """What `update` would return. Changes nothing."""
        return _range(self._lows.up_to(bar.low), self._highs.up_to(bar.high))

    def split(self, divisor: float) -> None:
        """Continue as if every price so far had been divided by `divisor`."""
        self._lows.split(divisor)
        self._highs.split(divisor)

    def size(self, seen: int) -> int:
        """How many numbers of the state follow the count after `seen` bars."""
        return 2 * self._lows.size(seen)

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [*self._lows.state(), *self._highs.state()[1:]]

    def restore(self, key: str, state: list[float]) -> None:
        """Continue from `state`. Raises ValueError if it does not fit the indicator with this key."""
        seen, numbers = counted(key, state)
        half = self._lows.size(seen)
        if len(numbers) != 2 * half:
            raise misfit(key)
        self._lows.restore(key, [seen, *numbers[:half]])
        self._highs.restore(key, [seen, *numbers[half:]])


def _range(lows: list[float] | None, highs: list[float] | None) -> Range | None:
    return None if lows is None or highs is None else Range(min(lows), max(highs))
