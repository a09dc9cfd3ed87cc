"""The newest values of a series or an indicator, as far back as rules look. Pure."""

from collections.abc import Callable, Sequence

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


class History:
    """The last `kept` values with this unit, the newest last; None where a value was unknown.

    Its readers hold the list of the values, which therefore stays the same one.
    """

    def __init__(self, unit: Unit) -> None:
        self.kept = 1
        self._power = POWERS[unit]
        self._values: list[float | None] = []

    def add(self, value: float | None) -> None:
        """Add the value of the bar that closed."""
        values = self._values
        values.append(value)
        if len(values) > 2 * self.kept:  # rarely, so that adding costs the same however much is kept
            del values[: -self.kept]

    def reader(self, ago: int) -> Callable[[], float | None]:
        """Reads the value `ago` bars before the newest one; None if it is unknown. Keeps as much."""
        self.kept = max(self.kept, ago + 1)
        values, place = self._values, -1 - ago

        def read() -> float | None:
            return values[place] if len(values) > ago else None

        return read

    def window_reader(self, bars: int, ago: int) -> Callable[[], Sequence[float | None]]:
        """Reads the values of `bars` bars up to `ago` bars before the newest one; fewer if there are not so many."""
        self.kept = max(self.kept, ago + bars)
        values = self._values

        def read() -> Sequence[float | None]:
            end = len(values) - ago
            return values[max(0, end - bars) : max(0, end)]

        return read

    def ago(self, bars: int) -> float | None:
        """The value so many bars before the newest one, if it is still kept; None if it is unknown."""
        return self._values[-1 - bars] if len(self._values) > bars else None

    @property
    def newest(self) -> float | None:
        """The value of the newest bar; None if it is unknown."""
        return self._values[-1] if self._values else None

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: convert every value to new shares."""
        if self._power:
            factor = ratio**self._power
            self._values[:] = [None if value is None else value * factor for value in self._values]

    def state(self) -> list[float | None]:
        """All that `restore` needs."""
        return self._values[-self.kept :]

    def restore(self, state: Sequence[float | None]) -> None:
        """Continue from `state`."""
        self._values[:] = state
