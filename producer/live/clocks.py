"""Compares this machine's clock with those of the running providers. Pure."""

from collections.abc import Mapping
from statistics import median

AGREED_SECONDS = 3.0
"""Largest difference of providers' clocks that agree."""
LENGTHS = ((2 * 86_400, 86_400, "days"), (2 * 3600, 3600, "h"), (180, 60, "min"))


class Clocks:
    """`offsets` holds each measured provider's time minus this machine's, in seconds; 0 if they agree."""

    def __init__(self, offsets: Mapping[str, float]) -> None:
        self._offsets = offsets

    @property
    def offset(self) -> float:
        """The correction of this machine's clock, in seconds; 0 if the providers disagree."""
        return median(self._offsets.values()) if self._agree and self._offsets else 0.0

    def fault(self, source: str) -> str:
        """The description of a wrong clock that affects this source; empty if there is none."""
        offset = self._offsets.get(source, 0.0)
        if not offset:
            return ""
        if self._agree:
            offset = self.offset
            return f"the clock of this machine is {_length(offset)} {'slow' if offset > 0 else 'fast'}"
        way = "behind" if offset > 0 else "ahead of"
        return f"the clock of this machine is {_length(offset)} {way} that of {source}, but the providers disagree"

    @property
    def faults(self) -> frozenset[str]:
        """All descriptions, without duplicates."""
        return frozenset(filter(None, map(self.fault, self._offsets)))

    @property
    def _agree(self) -> bool:
        return (
            not self._offsets or max(self._offsets.values()) - min(self._offsets.values()) <= AGREED_SECONDS
        )


def _length(seconds: float) -> str:
    """A duration in one unit, such as 10 s or 5 min."""
    length = round(abs(seconds))
    for least, unit, name in LENGTHS:
        if length >= least:
            return f"{length / unit:.0f} {name}"
    return f"{length:.0f} s"
