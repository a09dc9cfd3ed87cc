"""The splits of one symbol: each waits for the first prices behind it, which tell whether there was one."""

from typing import Any, NamedTuple

import msgspec

from shared.market.records import CorporateAction
from shared.market.splits import shows_split

CONFIRMATION_SECONDS = 300.0
"""So many seconds of event time a split is waited for: its first trades may be at the price of before all the same."""


class SettledAction(NamedTuple):
    """A split or a dividend that holds, and the offset it was told at; with a `rejection`, one that is set aside."""

    offset: int
    action: CorporateAction
    rejection: str = ""


class SplitCheck:
    """`latest_time` is the time of the latest split, epoch seconds; `waiting` is the one that no price has shown yet,
    with its offset. `rejected_times` are the times of those that were set aside: told again, they are set aside again."""

    def __init__(self) -> None:
        self.latest_time = 0.0
        self.waiting: tuple[int, CorporateAction] | None = None
        self.rejected_times: list[float] = []
        self._contradicted_at: float | None = None

    def is_new(self, time: float) -> bool:
        """Whether a split of then was not told before; it is noted."""
        if time <= self.latest_time:
            return False
        self.latest_time = time
        return True

    def is_kept(self, time: float) -> bool:
        """Whether a split that is told again, or too late, is one to keep: neither set aside nor waiting."""
        return time not in self.rejected_times and not (self.waiting is not None and time == self.latest_time)

    def applies_to(self, time: float) -> bool:
        """Whether a split waits that a price of then lies behind."""
        return self.waiting is not None and time >= self.latest_time

    def is_shown(self, before: float, price: float) -> bool:
        """Whether the price shows the split that waits; `before` is the last older one."""
        assert self.waiting is not None, "asked of a split that waits"
        return shows_split(before, price, self.waiting[1].value, expected=True) is True

    def has_expired(self, time: float) -> bool:
        """Whether prices have not shown the split for so long that none will; asked of each that does not."""
        if self._contradicted_at is None:
            self._contradicted_at = time
        return time - self._contradicted_at >= CONFIRMATION_SECONDS

    def take(self) -> tuple[int, CorporateAction]:
        """The split that waits, which waits no more."""
        assert self.waiting is not None, "there is a split to take"
        waiting, self.waiting, self._contradicted_at = self.waiting, None, None
        return waiting

    def reject(self, before: float, price: float) -> SettledAction:
        """Set aside the split that waits: what the prices show is another thing."""
        offset, action = self.take()
        self.rejected_times.append(self.latest_time)
        rejection = (
            f"the split of {action.value:g} for 1 is set aside: the price before it was {before:g}, the one behind it"
            f" is {price:g}"
        )
        return SettledAction(offset, action, rejection)

    def state(self) -> list[Any]:
        """What a snapshot keeps."""
        waiting = self.waiting and [self.waiting[0], msgspec.to_builtins(self.waiting[1])]
        return [self.latest_time, waiting, self.rejected_times, self._contradicted_at]

    def restore(self, state: list[Any]) -> None:
        """Go on where `state` was taken."""
        self.latest_time, waiting, self.rejected_times, self._contradicted_at = state
        self.waiting = waiting and (waiting[0], msgspec.convert(waiting[1], CorporateAction))
