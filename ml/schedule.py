"""When models are trained again. Pure: the time is an argument."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """After `every_bars` closed bars, or after `every_seconds` in which any closed while a market was open (0: by the
    count of bars alone). The first training comes with `first_bars`. Bars are those of all symbols of an interval."""

    every_bars: int
    every_seconds: float
    first_bars: int

    def is_due(self, now: float, trained_at: float | None, new_bars: int, is_open: bool) -> bool:
        """Whether to train at `now`, when `new_bars` have closed since the last training at `trained_at`, in seconds of
        one clock; None: there was none yet. A clock that was set back counts from where it stands."""
        if trained_at is None:
            return new_bars >= self.first_bars
        if new_bars >= self.every_bars:
            return True
        waited = abs(now - trained_at)
        return 0 < self.every_seconds <= waited and is_open and new_bars > 0
