"""Trade sizes out of a volume that counts up over the day. Pure."""


class DayVolume:
    """The last cumulative volume of a symbol. A size is a difference; where one side is missing there is none."""

    def __init__(self) -> None:
        self._day = 0
        self._volume: float | None = None

    def forget(self) -> None:
        """After a gap: what was traded in between belongs to no single quote."""
        self._volume = None

    def size(self, day: int, volume: float | None) -> float | None:
        """What was traded since the last quote; `day` tells trading days apart.

        A new day counts from nothing. A lower volume within a day is a correction: it gives no size, and the
        next difference is taken from it.
        """
        if volume is None:
            return None
        before, self._volume = self._volume, volume
        day_before, self._day = self._day, day
        if before is None:
            return None
        if day != day_before:
            return volume
        return volume - before if volume >= before else None
