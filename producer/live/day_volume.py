"""Trade sizes from a cumulative volume of the day. Pure."""

RESET_FACTOR = 10
"""A volume that is lower than the day's highest by this factor, and then rises, has been reset."""


class DayVolume:
    """The highest cumulative volume of a symbol's trading day. A size is the difference to it, None if either is
    missing.
    """

    def __init__(self) -> None:
        self._day = 0
        self._highest: float | None = None
        self._after_reset: float | None = None
        self._of_day_before: float | None = None

    def forget(self) -> None:
        """Reset after a gap, as the volume traded in between belongs to no single quote."""
        self._highest = self._after_reset = None

    def begin(self, day: int) -> None:
        """Note that the symbol is followed before the session of `day` begins: its volume starts at zero."""
        if day > self._day:
            self._enter(day, 0.0)
        elif day == self._day and self._highest is None:
            self._highest = 0.0

    def size(self, day: int, volume: float | None) -> float | None:
        """The volume traded since the last quote, None if unknown; `day` identifies the trading day.

        A new day starts at zero. A lower volume within a day is an older one that was received late: it has no size,
        and the next difference is still taken from the higher one, so nothing is counted twice. The previous day's
        total, sent at the beginning of a new day, is treated the same way.
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
        self._day, self._highest, self._after_reset = day, volume, None

    def _grown(self, volume: float) -> float | None:
        """The increase of the volume, None for an older one."""
        highest, after_reset = self._highest, self._after_reset
        if highest is None or volume >= highest:
            self._highest, self._after_reset = volume, None
            return None if highest is None else (volume - highest) or None
        self._after_reset = volume if volume < highest / RESET_FACTOR else None
        return None if after_reset is None or volume < after_reset else (volume - after_reset) or None
