"""The time by a provider's clock, to correct a wrong clock of this machine.

There are two kinds of evidence. An HTTP response has the provider's time in its header Date, to the second: together
with the times of request and response, this bounds the difference of the clocks. A trade in a stream can't have
happened after it was received, so a trade from the future shows that this machine's clock is slow by at least that
much. The majority of the last samples must agree, and of trades all of them.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from threading import Lock
from typing import NamedTuple

MIN_OFFSET = 1.5
"""Seconds; smaller differences are ignored, as network delays can be as large."""
MAX_OFFSET = 86_400.0
"""Seconds; larger differences are reported but not corrected, as they are not ordinary clock errors."""
STEP_SECONDS = 0.5
"""Seconds; a larger jump against the monotonic clock means that the clock was set."""
ANSWERS, TRADES = 5, 5
MAX_ANSWER = 60.0
"""Seconds; slower responses are not used as samples."""
UNDER_WAY = 60.0
"""Seconds for which a correction is remembered, as records received with it may still be in transit."""

Machine = Callable[[], datetime]


class Sample(NamedTuple):
    """Bounds of the provider's time minus this machine's, in seconds."""

    least: float
    most: float

    @property
    def certain(self) -> float:
        """The bound closest to zero; 0 if the difference may be zero."""
        return self.least if self.least > 0 else min(0.0, self.most)


_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def _running() -> float:
    """Seconds of a monotonic clock, if possible one that also runs while the machine sleeps."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)


class ProviderClock:
    """The time of the clock `machine`, corrected once most samples agree that it is wrong. Thread-safe.

    If `machine` is set meanwhile, the difference is adjusted at once by the same amount.
    """

    def __init__(self, machine: Machine, running: Callable[[], float] = _running) -> None:
        self._machine, self._running = machine, running
        self._lock = Lock()
        self._answers: deque[Sample] = deque(maxlen=ANSWERS)
        self._trades: deque[float] = deque(maxlen=TRADES)
        self._difference = machine().timestamp() - running()
        self._offset = self._most_corrected = self._corrected_at = 0.0

    def __call__(self) -> datetime:
        """The corrected time now, in UTC; this machine's time if nothing was measured."""
        now = self._machine()
        with self._lock:
            self._follow_steps(now.timestamp())
            return now + timedelta(seconds=self._corrected_by()) if self._offset else now

    def now(self) -> float:
        """The corrected time now, in epoch seconds."""
        return self().timestamp()

    def uncorrected(self) -> float:
        """The time of this machine's clock, in epoch seconds."""
        return self._machine().timestamp()

    @property
    def offset(self) -> float:
        """The provider's time minus this machine's, in seconds; 0 if they agree or nothing was measured."""
        with self._lock:
            self._follow_steps(self.uncorrected())
            return self._offset

    @property
    def correction(self) -> float:
        """The largest positive correction of the last minute, in seconds; 0 if there was none."""
        if not self._offset and not self._most_corrected:
            return 0.0
        with self._lock:
            self._follow_steps(self.uncorrected())
            now, corrected_by = self._running(), max(0.0, self._corrected_by())
            if corrected_by >= self._most_corrected or now - self._corrected_at > UNDER_WAY:
                self._most_corrected, self._corrected_at = corrected_by, now
            return self._most_corrected

    @property
    def is_measured(self) -> bool:
        """Whether there are enough samples to estimate the offset of the clock."""
        with self._lock:
            return bool(self._answers) or len(self._trades) == TRADES

    def latest(self) -> float:
        """Upper bound of the provider's current time, in epoch seconds; infinite without samples."""
        with self._lock:
            self._follow_steps(self.uncorrected())
            most = max((sample.most for sample in self._answers), default=float("inf"))
        return self.uncorrected() + most

    def answered(self, asked_at: float, date: str, age: str) -> None:
        """Add a sample: a response, with the headers `date` and `age`, to a request sent at `asked_at` by our clock."""
        stated, received_at = _seconds(date, age), self.uncorrected()
        if stated is None:
            return
        with self._lock:
            self._follow_steps(self.uncorrected())
            if 0 <= received_at - asked_at < MAX_ANSWER:
                self._answers.append(Sample(stated - received_at, stated + 1.0 - asked_at))
                self._trades.clear()
                self._update_offset()

    def traded(self, event_time: float) -> None:
        """Add a trade just received, with its time in epoch seconds. One not from the future resets the series."""
        ahead = event_time - self.uncorrected()
        if ahead <= MIN_OFFSET and not self._trades:
            return
        with self._lock:
            self._follow_steps(self.uncorrected())
            if ahead > MIN_OFFSET:
                self._trades.append(ahead)
            else:
                self._trades.clear()
            self._update_offset()

    def _corrected_by(self) -> float:
        return self._offset if abs(self._offset) <= MAX_OFFSET else 0.0

    def _follow_steps(self, uncorrected: float) -> None:
        difference = uncorrected - self._running()
        step, self._difference = difference - self._difference, difference
        if abs(step) > STEP_SECONDS:
            self._answers = deque((Sample(a.least - step, a.most - step) for a in self._answers), ANSWERS)
            self._trades = deque((a - step for a in self._trades if a - step > MIN_OFFSET), TRADES)
            self._update_offset()

    def _update_offset(self) -> None:
        """Update the offset from most samples. Trades count only if all of the last ones are from the future."""
        by_answers = _agreed(list(self._answers)) if self._answers else 0.0
        by_trades = median(self._trades) if len(self._trades) == TRADES else 0.0
        self._offset = by_answers if abs(by_answers) >= abs(by_trades) else by_trades


def ignore_trade_time(_event_time: float) -> None:
    """Ignores the times of trades, if no clock is compared with them."""


def _agreed(samples: list[Sample]) -> float:
    """The difference on which most samples agree, as exactly as these bound it together."""
    # Of two that differ, use the smaller: a response from a cache is older than it seems.
    certain = sorted((sample.certain for sample in samples), key=abs)[(len(samples) - 1) // 2]
    if abs(certain) <= MIN_OFFSET:
        return 0.0
    agreeing = [sample for sample in samples if sample.certain * certain > 0]
    least, most = max(sample.least for sample in agreeing), min(sample.most for sample in agreeing)
    return (least + most) / 2 if least <= most else certain


def _seconds(date: str, age: str) -> float | None:
    """The provider's time of the response, from its headers; None if they don't contain it."""
    try:
        stated = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if stated.tzinfo is None:
        return None
    return stated.timestamp() + (float(age) if age.strip().isdecimal() else 0.0)
