"""The newest values of a series or an indicator, as far back as rules look. Pure."""

from collections.abc import Sequence

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
    """The last `kept` values with this unit, the newest last; None where a value was unknown."""

    def __init__(self, unit: Unit) -> None:
        self.kept = 1
        self._power = POWERS[unit]
        self._values: list[float | None] = []

    def keep(self, bars: int) -> None:
        """Keep at least so many values."""
        self.kept = max(self.kept, bars)

    def add(self, value: float | None) -> None:
        """Add the value of the bar that closed."""
        values = self._values
        values.append(value)
        if len(values) > 2 * self.kept:  # rarely, so that adding costs the same however much is kept
            del values[: -self.kept]

    def at(self, ago: int) -> float | None:
        """The value `ago` bars before the newest one; None if it is unknown."""
        return self._values[-1 - ago] if ago < len(self._values) else None

    def newest(self, bars: int, ago: int) -> Sequence[float | None]:
        """The values of `bars` bars up to `ago` bars before the newest one; fewer if there are not so many yet."""
        end = len(self._values) - ago
        return self._values[max(0, end - bars) : max(0, end)]

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: convert every value to new shares."""
        if self._power:
            factor = ratio**self._power
            self._values = [None if value is None else value * factor for value in self._values]

    def state(self) -> list[float | None]:
        """All that `restore` needs."""
        return self._values[-self.kept :]

    def restore(self, state: Sequence[float | None]) -> None:
        """Continue from `state`."""
        self._values = list(state)
