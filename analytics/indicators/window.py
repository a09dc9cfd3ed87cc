"""The closes that an indicator looks at together."""

from analytics.indicators.indicator_state import parts


class Window:
    """The last `period` - 1 closes, and how many were `seen` in all."""

    def __init__(self, period: int) -> None:
        self.period = period
        self.seen = 0
        self._earlier: list[float] = []

    def up_to(self, close: float) -> list[float] | None:
        """The last `period` closes if `close` is the next one, None where they are fewer; changes nothing."""
        return None if self.seen + 1 < self.period else [*self._earlier, close]

    def add(self, close: float) -> None:
        """Take the next close in."""
        self._earlier.append(close)
        self.seen += 1
        if self.seen >= self.period:
            del self._earlier[0]

    def split(self, ratio: float) -> None:
        """Go on as if every close had been divided by `ratio`."""
        self._earlier = [close / ratio for close in self._earlier]

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [self.seen, *self._earlier]

    def restore(self, key: str, state: list[float]) -> None:
        """Go on where `state` was taken. Raises ValueError where it does not fit the indicator of this key."""
        self.seen, self._earlier = parts(key, state, fixed=0, window=self.period - 1)
