"""The splits of one symbol. Each split takes effect only once the first prices after it confirm it."""

from typing import Any, NamedTuple

import msgspec

from shared.market.records import CorporateAction
from shared.market.splits import shows_split

CONFIRMATION_SECONDS = 300.0
"""Seconds of event time in which prices may confirm a split; its first trades may still be at the old price."""


class SettledAction(NamedTuple):
    """A split or dividend that took effect, its offset, and that of the record that settled it; with a `rejection`, the
    reason why a split was rejected."""

    offset: int
    action: CorporateAction
    settled_by: int
    rejection: str = ""


class SplitCheck:
    """`latest_time` is the time of the latest split, epoch seconds; `waiting` is the split that no price has confirmed
    yet, with its offset. `rejected_times` are the times of rejected splits, which are rejected again if they are
    repeated."""

    def __init__(self) -> None:
        self.latest_time = 0.0
        self.waiting: tuple[int, CorporateAction] | None = None
        self.rejected_times: list[float] = []
        self._contradicted_at: float | None = None

    def is_new(self, time: float) -> bool:
        """Whether a split at this time is new; if so, it becomes the latest."""
        if time <= self.latest_time:
            return False
        self.latest_time = time
        return True

    def is_kept(self, time: float) -> bool:
        """Whether a repeated or late split is to be stored: it is neither rejected nor waiting."""
        return time not in self.rejected_times and not (self.waiting is not None and time == self.latest_time)

    def applies_to(self, time: float) -> bool:
        """Whether a split is waiting and a price of this time is after it."""
        return self.waiting is not None and time >= self.latest_time

    def is_confirmed_by(self, before: float, price: float) -> bool:
        """Whether the price confirms the waiting split; `before` is the last price before it."""
        assert self.waiting is not None, "only a waiting split can be confirmed"
        return shows_split(before, price, self.waiting[1].value, expected=True) is True

    def has_expired(self, time: float) -> bool:
        """Whether prices have contradicted the split for too long; call it for each price that does."""
        if self._contradicted_at is None:
            self._contradicted_at = time
        return time - self._contradicted_at >= CONFIRMATION_SECONDS

    def take(self) -> tuple[int, CorporateAction]:
        """Remove and return the waiting split."""
        assert self.waiting is not None, "only a waiting split can be taken"
        waiting, self.waiting, self._contradicted_at = self.waiting, None, None
        return waiting

    def reject(self, before: float, price: float, settled_by: int) -> SettledAction:
        """Reject the waiting split, because prices contradict it; the last one is of the record at this offset."""
        offset, action = self.take()
        self.rejected_times.append(self.latest_time)
        rejection = (
            f"the split of {action.value:g} for 1 is set aside: the price before it was {before:g}, the one behind it"
            f" is {price:g}"
        )
        return SettledAction(offset, action, settled_by, rejection)

    def state(self) -> list[Any]:
        """The state for a snapshot."""
        waiting = self.waiting and [self.waiting[0], msgspec.to_builtins(self.waiting[1])]
        return [self.latest_time, waiting, self.rejected_times, self._contradicted_at]

    def restore(self, state: list[Any]) -> None:
        """Restore the state of a snapshot."""
        self.latest_time, waiting, self.rejected_times, self._contradicted_at = state
        self.waiting = waiting and (waiting[0], msgspec.convert(waiting[1], CorporateAction))
