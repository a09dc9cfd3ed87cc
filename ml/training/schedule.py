"""Decides when models are retrained. Pure: the time is an argument."""

from dataclasses import dataclass
from typing import NamedTuple

MIN_SECONDS = 60.0
"""Minimum time between two rounds: during a backfill, a thousand bars may close within a second."""


class Progress(NamedTuple):
    """Bars of all symbols of an interval: how many have closed, and how many of these give rows to train on."""

    bars: int
    rows: int


@dataclass(frozen=True)
class Schedule:
    """Train after `every_bars` closed bars, or after `every_seconds` if any bar has closed and a market is open (0:
    only by the number of bars). The first training needs `first_rows`. Bars are those of all symbols of an interval."""

    every_bars: int
    every_seconds: float
    first_rows: int

    def is_due(
        self, now: float, trained_at: float | None, bars_then: int, progress: Progress, is_open: bool
    ) -> bool:
        """Whether to train at `now`, given that `bars_then` bars had closed at the last training at `trained_at`, both
        in seconds of the same clock; None: no training yet. If the clock was set back, the absolute difference
        counts."""
        if trained_at is None:
            return progress.rows >= self.first_rows
        waited, new_bars = abs(now - trained_at), progress.bars - bars_then
        if waited < MIN_SECONDS:
            return False
        return new_bars >= self.every_bars or (0 < self.every_seconds <= waited and is_open and new_bars > 0)
