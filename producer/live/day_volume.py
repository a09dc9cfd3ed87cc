"""Trade sizes out of a volume that counts up over the day. Pure."""


class DayVolume:
    """The highest cumulative volume of a symbol's trading day. A size is a difference to it; where one side is missing
    there is none.
    """

    def __init__(self) -> None:
        self._day = 0
        self._volume: float | None = None
        self._ended: float | None = None

    def forget(self) -> None:
        """After a gap: what was traded in between belongs to no single quote."""
        self._volume = None

    def begin(self, day: int) -> None:
        """The symbol is followed while the session of `day` has not begun: its volume counts from nothing."""
        if day > self._day:
            self._enter(day, 0.0)
        elif day == self._day and self._volume is None:
            self._volume = 0.0

    def size(self, day: int, volume: float | None) -> float | None:
        """What was traded since the last quote, None where nothing is known of it; `day` tells trading days apart.

        A new day counts from nothing. A lower volume within a day is an older one that came late: it gives no size,
        and the next difference is still taken from the higher one, so nothing is counted twice. The total of the day
        before, told at the beginning of a new day, is such an older one too.
        """
        if volume is None or day < self._day:
            return None
        if day > self._day:
            before = None if self._volume is None else 0.0
            self._enter(day, before)
        if self._is_of_before(volume):
            return None
        before, self._volume = self._volume, max(volume, self._volume or 0.0)
        return None if before is None else (self._volume - before) or None

    def _enter(self, day: int, volume: float | None) -> None:
        self._ended = self._volume if self._volume is not None else self._ended
        self._day, self._volume = day, volume

    def _is_of_before(self, volume: float) -> bool:
        """Whether this is still the total of the day before."""
        return not self._volume and volume == self._ended and volume > 0
