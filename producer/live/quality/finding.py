"""Problems found in a symbol's data. Pure."""

from typing import NamedTuple

from producer.sources.answers import NO_DOUBTS, HistorySlice, Skipped

DOUBTFUL, SKIPPED_ROWS = "doubtful", "left out"
"""Kinds of problems of a history, which are never cleared."""


class Finding(NamedTuple):
    """A problem with a symbol's data (`is_raised`), or the end of one."""

    symbol: str
    kind: str
    is_raised: bool
    at: float
    value: float | None = None
    threshold: float | None = None
    detail: str = ""


class Unused:
    """Collects what a history contains but is not used, over all its parts: ambiguous bars and invalid rows."""

    def __init__(self) -> None:
        self._doubts, self._skipped = NO_DOUBTS, Skipped()

    def add(self, part: HistorySlice) -> None:
        """Add what is not used of a part."""
        self._doubts = self._doubts.joined(part.doubts)
        if part.skipped is not None:
            self._skipped.add(part.skipped)

    def findings(self, symbol: str, now: float) -> list[Finding]:
        """At most one finding of each kind. Its number is `value`, not part of the detail, so that a later history with
        another number does not raise a second alert."""
        found: list[Finding] = []
        if self._doubts.reasons:
            detail = f"history: {'; '.join(self._doubts.reasons)}"
            found.append(Finding(symbol, DOUBTFUL, True, now, self._doubts.bars or None, detail=detail))
        if self._skipped.count:
            detail = f"history: rows are skipped, the first one because: {self._skipped.reason}"
            found.append(Finding(symbol, SKIPPED_ROWS, True, now, self._skipped.count, detail=detail))
        return found
