"""When models are trained again. Pure: the time is an argument."""

from dataclasses import dataclass
from typing import NamedTuple

MIN_SECONDS = 60.0
"""Between two rounds: while history streams in, a thousand bars come within a second."""


class Progress(NamedTuple):
    """Bars of all symbols of an interval: how many have closed, and how many of them make rows to learn from."""

    bars: int
    rows: int


@dataclass(frozen=True)
class Schedule:
    """After `every_bars` closed bars, or after `every_seconds` in which any closed while a market was open (0: by the
    count of bars alone). The first training comes with `first_rows`. Bars are those of all symbols of an interval."""

    every_bars: int
    every_seconds: float
    first_rows: int

    def is_due(
        self, now: float, trained_at: float | None, bars_then: int, progress: Progress, is_open: bool
    ) -> bool:
        """Whether to train at `now`, when `bars_then` had closed at the last training at `trained_at`, in seconds of
        one clock; None: there was none yet. A clock that was set back counts from where it stands."""
        if trained_at is None:
            return progress.rows >= self.first_rows
        waited, new_bars = abs(now - trained_at), progress.bars - bars_then
        if waited < MIN_SECONDS:
            return False
        return new_bars >= self.every_bars or (0 < self.every_seconds <= waited and is_open and new_bars > 0)
