"""What the indicators are made of: running values over a series of numbers."""

from analytics.indicators.series.indicator_state import parts
from analytics.indicators.series.inputs import Input

FADED = 1e-290
"""A mean of movements below this one has faded away: nothing has moved for thousands of bars. Farther down, numbers
have ever fewer digits and no longer fade, so that ratios of two such means are wrong."""


class Window:
    """The last `period` - 1 values of a series; `seen` counts all values added so far."""

    def __init__(self, period: int) -> None:
        self.period = period
        self.seen = 0
        self._earlier: list[float] = []

    def up_to(self, value: float) -> list[float] | None:
        """The last `period` values if `value` is the next one, None if there are fewer. Changes nothing."""
        return None if self.seen + 1 < self.period else [*self._earlier, value]

    def add(self, value: float) -> list[float] | None:
        """Add the next value; returns the last `period` values with it, None if there are fewer."""
        values = self._earlier
        values.append(value)
        self.seen += 1
        if self.seen < self.period:
            return None
        self._earlier = values[1:]
        return values

    def split(self, divisor: float) -> None:
        """Continue as if every value so far had been divided by `divisor`."""
        self._earlier = [value / divisor for value in self._earlier]

    def size(self, seen: int) -> int:
        """How many numbers of the state follow the count after `seen` values."""
        return min(seen, self.period - 1)

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [self.seen, *self._earlier]

    def restore(self, key: str, state: list[float]) -> None:
        """Continue from `state`. Raises ValueError if it does not fit the indicator with this key."""
        self.seen, self._earlier = parts(key, state, fixed=0, window=self.period - 1)


class WindowIndicator:
    """An indicator whose state is a window of its input; the class of each adds `update`, `preview` and `warm_after`.

    The window is a part and not a base, because Python reads attributes faster if a method has objects of one class.
    """

    def __init__(self, key: str, period: int, of: Input) -> None:
        self.key = key
        self.period = period
        self._of, self._read = of, of.read
        self._window = Window(period)

    @property
    def seen(self) -> int:
        return self._window.seen

    def split(self, ratio: float) -> None:
        """Exact: a mean and the distances from it scale with the values."""
        self._window.split(self._of.divisor(ratio))

    def state(self) -> list[float]:
        return self._window.state()

    def restore(self, state: list[float]) -> None:
        self._window.restore(self.key, state)


class ExponentialMean:
    """The exponentially weighted mean of a series: mean += (value - mean) * weight.

    The weight is 2 / (period + 1), or another one that is given, such as Wilder's 1 / period. Seeded with the simple
    mean of the first `period` values. The mean of the first k values is the same step with the weight 1 / k (Welford
    1962), so seeding needs no window.
    """

    def __init__(self, period: int, weight: float | None = None) -> None:
        self.period = period
        self.seen = 0
        self._weight = 2.0 / (period + 1) if weight is None else weight
        self._mean = 0.0

    def update(self, value: float) -> float | None:
        """Add the next value; the new mean, None for the first `period` - 1 values."""
        seen = self.seen = self.seen + 1
        weight = self._weight if seen > self.period else 1.0 / seen
        mean = self._mean = self._mean + (value - self._mean) * weight
        return None if seen < self.period else mean

    def preview(self, value: float) -> float | None:
        """What `update` would return. Changes nothing."""
        seen = self.seen + 1
        if seen < self.period:
            return None
        weight = self._weight if seen > self.period else 1.0 / seen
        return self._mean + (value - self._mean) * weight

    def split(self, divisor: float) -> None:
        """Continue as if every value so far had been divided by `divisor`. Exact: a mean scales with its values."""
        self._mean /= divisor

    def size(self, _: int) -> int:
        """How many numbers of the state follow the count."""
        return 1

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [self.seen, self._mean]

    def restore(self, key: str, state: list[float]) -> None:
        """Continue from `state`. Raises ValueError if it does not fit the indicator with this key."""
        self.seen, (self._mean,) = parts(key, state, fixed=1)


def wilder_mean(period: int) -> ExponentialMean:
    """The smoothing of Wilder, New Concepts in Technical Trading Systems (1978): mean += (value - mean) / period."""
    return ExponentialMean(period, 1.0 / period)
