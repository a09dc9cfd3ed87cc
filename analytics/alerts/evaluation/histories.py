"""The newest values of a series or an indicator, as far back as rules look. Pure."""

from collections.abc import Callable, Sequence
from functools import partial

from analytics.indicators.spec import Unit

POWERS: dict[Unit, int] = {
    "price": -1,
    "difference": -1,
    "distance": -1,
    "volume": 1,
    "number": 0,
    "share": 0,
}
"""What a split multiplies a value by, as a power of its ratio."""


SPARE = 16
"""So many values more than needed are kept before the oldest ones are dropped, which is done rarely then."""


class History:
    """The last `kept` values with this unit, the newest last; None where a value was unknown.

    Its readers hold the list of the values, which therefore stays the same one. It begins with as many unknown values
    as they look back, so that they need not ask how many there are; `_count` are those that were added.
    """

    def __init__(self, unit: Unit) -> None:
        self.kept = 1
        self._power = POWERS[unit]
        self._values: list[float | None] = [None]
        self._count = 0

    def add(self, value: float | None) -> None:
        """Add the value of the bar that closed."""
        values = self._values
        values.append(value)
        self._count += 1
        if len(values) > 2 * self.kept + SPARE:
            del values[: -self.kept]

    def reader(self, ago: int) -> Callable[[], float | None]:
        """Reads the value `ago` bars before the newest one; None if it is unknown. Keeps as much."""
        self._keep(ago + 1)
        return partial(self._values.__getitem__, -1 - ago)

    def window_reader(self, bars: int, ago: int) -> Callable[[], Sequence[float | None]]:
        """Reads the values of `bars` bars up to `ago` bars before the newest one."""
        self._keep(ago + bars)
        values = self._values

        def read() -> Sequence[float | None]:
            end = len(values) - ago
            return values[end - bars : end]

        return read

    def _keep(self, bars: int) -> None:
        self.kept = max(self.kept, bars)
        self._values[:0] = [None] * (self.kept - len(self._values))

    def ago(self, bars: int) -> float | None:
        """The value so many bars before the newest one, which must be kept; None if it is unknown."""
        return self._values[-1 - bars]

    @property
    def newest(self) -> float | None:
        """The value of the newest bar; None if it is unknown."""
        return self._values[-1]

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: convert every value to new shares."""
        if self._power:
            factor = ratio**self._power
            self._values[:] = [None if value is None else value * factor for value in self._values]

    def state(self) -> list[float | None]:
        """All that `restore` needs: the values that were added and are kept."""
        known = min(self._count, self.kept)
        return self._values[-known:] if known else []

    def restore(self, state: Sequence[float | None]) -> None:
        """Continue from `state`."""
        self._count = len(state)
        self._values[:] = [*[None] * (self.kept - len(state)), *state]
