"""The state of an indicator that is made of several running values. Pure."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from analytics.indicators.series.indicator_state import counted, misfit


class RunningValue(Protocol):
    """A running value over a series, such as a window or a mean."""

    def size(self, seen: int) -> int:
        """How many numbers of its state follow the count, once it has seen so many values."""
        ...

    def state(self) -> list[float]: ...
    def restore(self, key: str, state: list[float]) -> None: ...


class Lagged(NamedTuple):
    """A running value that gets nothing from the first `lag` bars, and then one value a bar."""

    value: RunningValue
    lag: int = 0


class RunningState:
    """The state of several running values as one list: the number of bars, `fixed` numbers of the indicator itself, and
    the numbers of each value in turn."""

    def __init__(self, key: str, fixed: int, *values: Lagged) -> None:
        self._key, self._fixed, self._values = key, fixed, values

    def numbers(self, seen: int, fixed: Sequence[float] = ()) -> list[float]:
        """The state after `seen` bars; `fixed` are the indicator's own numbers."""
        return [seen, *fixed, *(number for value, _ in self._values for number in value.state()[1:])]

    def restore(self, state: list[float]) -> tuple[int, list[float]]:
        """Restore the values; returns the number of bars and the indicator's own numbers.

        Raises ValueError if the state does not fit, and then changes nothing.
        """
        seen, numbers = counted(self._key, state)
        pieces: list[list[float]] = []
        first = self._fixed
        for value, lag in self._values:
            count = max(seen - lag, 0)
            end = first + value.size(count)
            pieces.append([count, *numbers[first:end]])
            first = end
        if len(numbers) != first:
            raise misfit(self._key)
        for (value, _), piece in zip(self._values, pieces, strict=True):
            value.restore(self._key, piece)
        return seen, numbers[: self._fixed]
