"""Which of a symbol's two sources speaks, and whether they agree. Pure; times are epoch seconds.

The first choice speaks as long as it delivers. Once it has been stale for a while and the standby is not, the standby
takes over; the first choice comes back when it has delivered again for a while. Both are compared whenever both are
fresh: an alert is raised when they differ by more than a threshold for a while, and cleared when they no longer do.
"""

from dataclasses import dataclass
from typing import Literal

STALE_SECONDS = 30.0
STEADY_SECONDS = 10.0
COMPARED_WITHIN = 15.0
"""Two prices further apart in time than this are not compared."""


@dataclass
class Heard:
    """What a source last said of the symbol."""

    price: float = 0.0
    received: float = 0.0
    steady_since: float = 0.0

    def take(self, price: float, received: float) -> None:
        """Note a quote; a pause ends the steadiness."""
        if received - self.received > STALE_SECONDS:
            self.steady_since = received
        self.price, self.received = price, received

    def is_fresh(self, now: float) -> bool:
        """Whether it has spoken lately."""
        return self.received > 0 and now - self.received <= STALE_SECONDS


Verdict = Literal["", "raise", "clear"]


def _difference(price: float, other: float) -> float:
    """How far two prices are apart, as a share of the other one. Both may be zero or negative: futures are."""
    base = abs(other) or abs(price)
    return abs(price - other) / base if base else 0.0


class Failover:
    """`sources` are one or two names, first choice first. `speaker` is the one in use."""

    def __init__(self, sources: tuple[str, ...], threshold: float) -> None:
        self.sources = sources
        self.speaker = sources[0]
        self.difference = 0.0
        self._threshold = threshold
        self._heard = {source: Heard() for source in sources}
        self._began = 0.0
        self._differs_since: float | None = None
        self._agrees_since: float | None = None
        self._is_raised = False

    @property
    def standby(self) -> str | None:
        """The source that is not in use."""
        return next((source for source in self.sources if source != self.speaker), None)

    def take(self, source: str, price: float, received: float) -> None:
        """Note what a source says."""
        self._heard[source].take(price, received)

    def decide(self, now: float, is_open: bool) -> bool:
        """Choose who speaks; True where that changed. While the market is closed nobody is stale."""
        if len(self.sources) < 2 or not is_open:
            self._began = now
            return False
        first, other = (self._heard[source] for source in self.sources)
        if self.speaker == self.sources[0]:
            stale = now - max(first.received, self._began) > STALE_SECONDS
            speaker = self.sources[1] if stale and other.is_fresh(now) else self.speaker
        else:
            back = first.is_fresh(now) and now - first.steady_since >= STEADY_SECONDS
            speaker = self.sources[0] if back or not other.is_fresh(now) else self.speaker
        changed, self.speaker = speaker != self.speaker, speaker
        return changed

    def compare(self, now: float) -> Verdict:
        """Whether an alert about their disagreement is to be raised or cleared."""
        if len(self.sources) < 2:
            return ""
        first, other = (self._heard[source] for source in self.sources)
        if not (first.is_fresh(now) and other.is_fresh(now)):
            return ""
        if abs(first.received - other.received) > COMPARED_WITHIN:
            return ""
        self.difference = _difference(first.price, other.price)
        return self._judge(self.difference > self._threshold, now)

    def _judge(self, differs: bool, now: float) -> Verdict:
        if not differs:
            self._differs_since = None
            self._agrees_since = now if self._agrees_since is None else self._agrees_since
            if self._is_raised and now - self._agrees_since >= STEADY_SECONDS:
                self._is_raised = False
                return "clear"
            return ""
        self._agrees_since = None
        self._differs_since = now if self._differs_since is None else self._differs_since
        if not self._is_raised and now - self._differs_since >= STEADY_SECONDS:
            self._is_raised = True
            return "raise"
        return ""
