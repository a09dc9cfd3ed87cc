"""An indicator under examination: every call is checked, and a broken rule names the call. Pure."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from analytics.indicators.own.own_indicators import OwnSpec
from analytics.indicators.own.rules import RuleBroken, Values, as_state, as_values, reason_of
from analytics.indicators.series.sessions import session_of
from analytics.indicators.spec import Context
from shared.market.records import Bar

T = TypeVar("T")

DAY = 86_400
PERIODS_PER_YEAR = 98_280.0
"""Minutes of 252 sessions of six and a half hours."""
CONTEXT = Context(PERIODS_PER_YEAR, session_of(lambda start: start - start % DAY))
"""A series in which every day is a session."""


class Subject:
    """A new indicator, or one that continues from `state` after `seen` bars. Every method raises RuleBroken if the
    indicator raises or returns what no row can have."""

    def __init__(self, own: OwnSpec, state: Sequence[float] | None = None, seen: int = 0) -> None:
        self._outputs = own.outputs
        self.seen = seen
        self._indicator = self._called("making it", lambda: own.make(CONTEXT))
        if state is not None:
            self._called(f"restore() after {seen} bars", lambda: self._indicator.restore(list(state)))

    @property
    def counts(self) -> tuple[int, tuple[int, ...]]:
        """The `seen` and `warm_after` that the indicator itself states."""
        return self._called("seen or warm_after", lambda: (self._indicator.seen, self._indicator.warm_after))

    def update(self, bar: Bar) -> Values:
        """The values of the next closed bar."""
        self.seen += 1
        step = f"update() of bar {self.seen}"
        return self._called(step, lambda: as_values(self._indicator.update(bar), self._outputs))

    def preview(self, bar: Bar) -> Values:
        """The values as if the bar closed now."""
        step = f"preview() after {self.seen} bars"
        return self._called(step, lambda: as_values(self._indicator.preview(bar), self._outputs))

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._called(f"split() after {self.seen} bars", lambda: self._indicator.split(ratio))

    def state(self) -> list[float]:
        """What a snapshot would contain."""
        step = f"state() after {self.seen} bars"
        return self._called(step, lambda: as_state(self._indicator.state(), self.seen))

    def _called(self, step: str, call: Callable[[], T]) -> T:
        try:
            return call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise RuleBroken(f"{step}: {reason_of(error)}") from error


def fold(subject: Subject, bars: Sequence[Bar]) -> list[Values]:
    """The values of these bars, one after the other."""
    return [subject.update(bar) for bar in bars]
