"""Running scales of numbers that one wild number can hardly move. Pure."""

CAP = 4.0
"""A number counts for at most so many times the mean so far."""


class UsualSize:
    """The running mean of absolute values, from the first `span` of them on; it counts as `least` if it is below."""

    def __init__(self, span: int, least: float = 0.0) -> None:
        self._span, self._least = span, least
        self.seen = 0.0
        self._mean = 0.0

    @property
    def known(self) -> float | None:
        """The usual size; None until there are enough values, or if it is zero."""
        size = max(self._mean, self._least)
        return size if self.seen >= self._span and size > 0.0 else None

    def add(self, value: float) -> None:
        """Add the next value."""
        size, mean = abs(value), self._mean
        usual = max(mean, self._least)
        if self.seen < self._span:
            self.seen += 1.0
        elif usual > 0.0 and size > CAP * usual:
            size = CAP * usual
        self._mean = mean + (size - mean) / self.seen

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [self.seen, self._mean]

    def restore(self, state: list[float]) -> None:
        """Continue from `state`."""
        self.seen, self._mean = state


class UsualLevel:
    """The running mean of values, and the usual distance from it; a distance counts as in `UsualSize`, `least` too."""

    def __init__(self, span: int, least: float = 0.0) -> None:
        self._span = span
        self._seen = self._level = 0.0
        self._distance = UsualSize(span, least)

    @property
    def level(self) -> float | None:
        """The usual level; None before the first value."""
        return self._level if self._seen else None

    def part_of(self, above: float) -> float:
        """A distance from the level, as much of it as counts."""
        usual = self._distance.known
        if usual is None:
            return above
        limit = CAP * usual
        return limit if above > limit else -limit if above < -limit else above

    def add(self, value: float) -> float | None:
        """Add the next value. Returns how far it is above the level, in usual distances; None if that is unknown."""
        if self._seen == 0.0:
            self._seen, self._level = 1.0, value
            return None
        above, usual = value - self._level, self._distance.known
        part = self.part_of(above)
        self._distance.add(above)
        if self._seen < self._span:
            self._seen += 1.0
        self._level += part / self._seen
        return None if usual is None else above / usual

    def shift(self, by: float) -> None:
        """Continue as if every value so far had been higher by so much."""
        self._level += by if self._seen else 0.0

    def state(self) -> list[float]:
        """All that `restore` needs."""
        return [self._seen, self._level, *self._distance.state()]

    def restore(self, state: list[float]) -> None:
        """Continue from `state`."""
        self._seen, self._level = state[:2]
        self._distance.restore(state[2:])
