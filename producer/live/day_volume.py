"""Trade sizes out of a volume that counts up over the day. Pure."""

ANEW = 10
"""A volume so many times lower than the highest of its day, and rising from there, has begun to count anew."""


class DayVolume:
    """The highest cumulative volume of a symbol's trading day. A size is a difference to it; where one side is missing
    there is none.
    """

    def __init__(self) -> None:
        self._day = 0
        self._highest: float | None = None
        self._anew: float | None = None
        self._of_day_before: float | None = None

    def forget(self) -> None:
        """After a gap: what was traded in between belongs to no single quote."""
        self._highest = self._anew = None

    def begin(self, day: int) -> None:
        """The symbol is followed while the session of `day` has not begun: its volume counts from nothing."""
        if day > self._day:
            self._enter(day, 0.0)
        elif day == self._day and self._highest is None:
            self._highest = 0.0

    def size(self, day: int, volume: float | None) -> float | None:
        """What was traded since the last quote, None where nothing is known of it; `day` tells trading days apart.

        A new day counts from nothing. A lower volume within a day is an older one that came late: it gives no size,
        and the next difference is still taken from the higher one, so nothing is counted twice. The total of the day
        before, told at the beginning of a new day, is such an older one too.
        """
        if volume is None or day < self._day:
            return None
        if day > self._day:
            self._enter(day, None if self._highest is None else 0.0)
        if not self._highest and volume == self._of_day_before and volume > 0:
            return None
        return self._grown(volume)

    def _enter(self, day: int, volume: float | None) -> None:
        self._of_day_before = self._highest if self._highest is not None else self._of_day_before
        self._day, self._highest, self._anew = day, volume, None

    def _grown(self, volume: float) -> float | None:
        """By how much it is higher than before, None for an older one."""
        highest, anew = self._highest, self._anew
        if highest is None or volume >= highest:
            self._highest, self._anew = volume, None
            return None if highest is None else (volume - highest) or None
        self._anew = volume if volume < highest / ANEW else None
        return None if anew is None or volume < anew else (volume - anew) or None
