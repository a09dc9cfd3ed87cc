"""Failover between a symbol's two sources, and the comparison of their prices. Pure; times are epoch seconds.

The primary source is active while it delivers quotes. Once it has been stale for a while and the standby has not, the
standby takes over; the primary becomes active again when it has delivered quotes for a while. Whenever both are fresh
they are compared: an alert is raised if they differ by more than a threshold for a while, and cleared afterwards.
"""

from dataclasses import dataclass
from typing import Literal

STALE_SECONDS = 30.0
STEADY_SECONDS = 10.0
COMPARED_WITHIN = 15.0
"""Prices that are further apart in time are not compared."""


@dataclass
class SourcePrice:
    """The last price from a source."""

    price: float = 0.0
    received: float = 0.0
    steady_since: float = 0.0

    def take(self, price: float, received: float) -> None:
        """Note a quote; after a pause, the steady period starts again."""
        if received - self.received > STALE_SECONDS:
            self.steady_since = received
        self.price, self.received = price, received

    def is_fresh(self, now: float) -> bool:
        """Whether it has sent a quote recently."""
        return self.received > 0 and now - self.received <= STALE_SECONDS


Verdict = Literal["", "raise", "clear"]


def _difference(price: float, other: float) -> float:
    """The difference of two prices relative to the other one. Prices of futures may be zero or negative."""
    base = abs(other) or abs(price)
    return abs(price - other) / base if base else 0.0


class Failover:
    """`sources` are one or two names, primary first. `active_source` is the active one."""

    def __init__(self, sources: tuple[str, ...], threshold: float) -> None:
        self.sources = sources
        self.active_source = sources[0]
        self.difference = 0.0
        self._threshold = threshold
        self._prices = {source: SourcePrice() for source in sources}
        self._began = 0.0
        self._differs_since: float | None = None
        self._agrees_since: float | None = None
        self._is_raised = False

    @property
    def standby(self) -> str | None:
        """The inactive source, None if there is only one."""
        return next((source for source in self.sources if source != self.active_source), None)

    def take(self, source: str, price: float, received: float) -> None:
        """Note a price from a source."""
        self._prices[source].take(price, received)

    def decide(self, now: float, is_open: bool) -> bool:
        """Choose the active source; returns whether it changed. While the market is closed, no source is stale."""
        if len(self.sources) < 2 or not is_open:
            self._began = now
            return False
        first, other = (self._prices[source] for source in self.sources)
        if self.active_source == self.sources[0]:
            stale = now - max(first.received, self._began) > STALE_SECONDS
            active_source = self.sources[1] if stale and other.is_fresh(now) else self.active_source
        else:
            back = first.is_fresh(now) and now - first.steady_since >= STEADY_SECONDS
            active_source = self.sources[0] if back or not other.is_fresh(now) else self.active_source
        changed, self.active_source = active_source != self.active_source, active_source
        return changed

    def compare(self, now: float) -> Verdict:
        """Whether to raise or clear an alert about their disagreement."""
        if len(self.sources) < 2:
            return ""
        first, other = (self._prices[source] for source in self.sources)
        if not (first.is_fresh(now) and other.is_fresh(now)):
            return ""
        if abs(first.received - other.received) > COMPARED_WITHIN:
            return ""
        self.difference = _difference(first.price, other.price)
        return self._verdict(self.difference > self._threshold, now)

    def _verdict(self, differs: bool, now: float) -> Verdict:
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
