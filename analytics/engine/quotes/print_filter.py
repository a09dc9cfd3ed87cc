"""Decides which prints are set aside: prices far from those before them, until a second print confirms them. Pure.

A price more than ten times above or below the last accepted one is always suspect. Where trading is dense, so is one
that is farther from the median of the last accepted prices than ten of their median absolute deviations. This is rule
Q4 of Barndorff-Nielsen, Hansen, Lunde and Shephard, "Realized kernels in practice: trades and quotes", Econometrics
Journal 12 (2009), with the prices before instead of those around. Prices that hardly move have no deviation; therefore
there is a least distance, like the granularity of Brownlees and Gallo, "Financial econometric analysis at ultra-high
frequency", Computational Statistics & Data Analysis 51 (2006): a fraction of the median, and some of the smallest steps
between the prices.

The median is of one session, and a pause ends it: the first prices after an opening or a halt may be anywhere. So a
price is suspect only where the next one is a moment away. That one confirms the suspect if it is nearer to it than to
the last accepted price, and enters its bar; the suspect itself stays set aside, and the median begins anew. A
repetition of the same report confirms nothing, but the same price from another source does.
"""

from collections import deque
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from shared.calendars.calendars import SessionCalendar
from shared.market.records import Quote

EXTREME_FACTOR = 10.0
WINDOW = 50
ENOUGH = 10
"""Prices from which the median counts."""
PAUSE_SECONDS = 60.0
DEVIATIONS = 10.0
LEAST_REGULAR, LEAST_EXTENDED = 0.005, 0.01
"""The least distance of a suspect price from the median, as a fraction of it, in and outside of the regular session."""
STEPS, USUAL_STEP = 3.0, 0.01
"""The least distance in steps. The usual one, of shares, holds where all prices in the window are equal."""
EXTREME = "more than ten times off the price before"
FAR = "far from the median of the prices before"


class SetAside(NamedTuple):
    """A quote that entered no bar, its offset, and the reason."""

    offset: int
    quote: Quote
    reason: str


class Suspect(NamedTuple):
    """A print that was set aside last: its price, event time in epoch seconds, size and source."""

    price: float
    time: float
    size: float | None
    source: str


class PrintFilter:
    """The prices of one symbol. `accepted` is the latest accepted one, whatever its time: an older quote may confirm a
    new price level."""

    __slots__ = ("_calendar", "_least", "_recent", "_suspect", "_time", "_until", "accepted")

    def __init__(self, calendar: SessionCalendar) -> None:
        self._calendar = calendar
        self.accepted: float | None = None
        self._suspect: Suspect | None = None
        self._recent: deque[float] = deque(maxlen=WINDOW)
        # The time of the latest price in the window, the end of its session, and the least distance in that session.
        self._time, self._until, self._least = 0.0, 0, LEAST_EXTENDED

    def take_near(self, price: float, time: float) -> bool:
        """Add a price to the window if it is near the last one, in its session and without a pause, as nearly all are;
        returns whether it was."""
        before = self.accepted
        if before is None or time >= self._until:
            return False
        distance, pause = self._least * before, time - self._time
        if not (-distance <= price - before <= distance and pause <= PAUSE_SECONDS):
            return False
        if pause > 0.0:
            self._time = time
        self._suspect = None
        self.accepted = price
        self._recent.append(price)
        return True

    def reason_against(self, quote: Quote, time: float) -> str | None:
        """Why a print is set aside; None if it is not. Call `take` for an accepted one that is a last price."""
        before, price = self.accepted, quote.price
        if before is None or abs(price - before) <= self._least * before:
            return None
        if not before / EXTREME_FACTOR <= price <= before * EXTREME_FACTOR:
            reason = EXTREME
        elif self._is_far(price, time):
            reason = FAR
        else:
            return None
        suspect, self._suspect = self._suspect, Suspect(price, time, quote.size, quote.source)
        if suspect is None or not _confirms(self._suspect, suspect, before):
            return reason
        self._recent.clear()
        return None

    def _is_far(self, price: float, time: float) -> bool:
        """Whether a price is far from the median of the prices before, if that is a measure of it."""
        is_dense = time < self._until and time - self._time <= PAUSE_SECONDS
        if len(self._recent) < ENOUGH or not is_dense:
            return False
        ordered = sorted(self._recent)
        middle = median(ordered)
        deviation = median(abs(each - middle) for each in ordered)
        step = min((after - each for each, after in pairwise(ordered) if after > each), default=USUAL_STEP)
        return abs(price - middle) > max(DEVIATIONS * deviation, self._least * middle, STEPS * step)

    def take(self, price: float, time: float) -> None:
        """Add an accepted price to the window."""
        if time >= self._until:
            self._begin_session(time)
        elif time - self._time > PAUSE_SECONDS:
            self._recent.clear()
        if time > self._time:
            self._time = time
        self._suspect = None
        self.accepted = price
        self._recent.append(price)

    def _begin_session(self, time: float) -> None:
        second = int(time)
        self._until = self._calendar.next_change(second)
        self._least = LEAST_REGULAR if self._calendar.at(second).name == "regular" else LEAST_EXTENDED
        self._recent.clear()

    def restart(self, price: float) -> None:
        """Continue with the close of a finished bar."""
        self._suspect = None
        self.accepted = price
        self._recent.clear()

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self.accepted = None if self.accepted is None else self.accepted / ratio
        if self._suspect is not None:
            self._suspect = self._suspect._replace(price=self._suspect.price / ratio)
        self._recent = deque((price / ratio for price in self._recent), WINDOW)

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        return {
            "accepted": self.accepted,
            "suspect": self._suspect,
            "recent": list(self._recent),
            "window": [self._time, self._until, self._least],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of a snapshot."""
        self.accepted = state["accepted"]
        self._suspect = None if state["suspect"] is None else Suspect(*state["suspect"])
        self._recent = deque(state["recent"], WINDOW)
        self._time, self._until, self._least = state["window"]


def _confirms(second: Suspect, first: Suspect, before: float) -> bool:
    """Whether the second of two suspects in a row confirms the price of the first one."""
    is_alike = first.price / EXTREME_FACTOR <= second.price <= first.price * EXTREME_FACTOR
    return is_alike and second != first and abs(second.price - first.price) < abs(second.price - before)
