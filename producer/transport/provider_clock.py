"""What time it is by a provider's own clock, where the clock of this machine is wrong.

Two kinds of evidence. An answer over HTTP says the provider's time in its header Date, to the second: with the times of
the question and of the answer that leaves an interval for the difference of the clocks. A trade in a stream can't have
happened after it was received: one from the future says that this machine is slow by so much or more. Most of the last
samples must agree, and of trades all.
"""

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from statistics import median
from threading import Lock
from typing import NamedTuple

LEAST_OFFSET = 1.5
"""Seconds; a smaller difference of clocks is none: networks are as late as that."""
LARGEST_OFFSET = 86_400.0
"""Seconds; a larger one is told, but no time is corrected by it: this is no clock that runs a little wrong."""
STEP_SECONDS = 0.5
"""By which a clock must jump against one that only runs, so that it was set."""
ANSWERS, TRADES = 5, 5
LONGEST_ANSWER = 60.0
"""Seconds; an answer that took longer tells no time."""
UNDER_WAY = 60.0
"""Seconds for which a correction is remembered: so long a record that was received by it may be on its way."""

Machine = Callable[[], datetime]


class Sample(NamedTuple):
    """The provider's time less this machine's, in seconds, lies between these two."""

    least: float
    most: float

    @property
    def certain(self) -> float:
        """The part of the difference that is there for certain; 0 where there need be none."""
        return self.least if self.least > 0 else min(0.0, self.most)


_BOOTTIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def _running() -> float:
    """Seconds of a clock that nobody sets. Where there is one, it runs while the machine sleeps."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)


class ProviderClock:
    """The time by `machine`, corrected once most samples agree that it is wrong. May be used from any thread.

    When `machine` is set while this runs, the difference changes by as much at once, also back to none.
    """

    def __init__(self, machine: Machine, running: Callable[[], float] = _running) -> None:
        self._machine, self._running = machine, running
        self._lock = Lock()
        self._answers: deque[Sample] = deque(maxlen=ANSWERS)
        self._trades: deque[float] = deque(maxlen=TRADES)
        self._difference = machine().timestamp() - running()
        self._offset = self._most_corrected = self._corrected_at = 0.0

    def __call__(self) -> datetime:
        """The time now, in UTC; by this machine's clock where nothing else was measured."""
        now = self._machine()
        with self._lock:
            self._follow_steps(now.timestamp())
            return now + timedelta(seconds=self._corrected_by()) if self._offset else now

    def now(self) -> float:
        """The same in epoch seconds."""
        return self().timestamp()

    def uncorrected(self) -> float:
        """The time by this machine's clock, epoch seconds."""
        return self._machine().timestamp()

    @property
    def offset(self) -> float:
        """The provider's time less this machine's, in seconds; 0 where they are the same, or nothing was measured."""
        with self._lock:
            self._follow_steps(self.uncorrected())
            return self._offset

    @property
    def correction(self) -> float:
        """The most by which times of the last minute were put forward, in seconds; 0 where none was."""
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
        """Whether there is enough evidence to say that a clock is right, or by how much it is wrong."""
        with self._lock:
            return bool(self._answers) or len(self._trades) == TRADES

    def latest(self) -> float:
        """The time, epoch seconds, that it can't be past yet at the provider; infinite where it said nothing."""
        with self._lock:
            self._follow_steps(self.uncorrected())
            most = max((sample.most for sample in self._answers), default=float("inf"))
        return self.uncorrected() + most

    def answered(self, asked_at: float, date: str, age: str) -> None:
        """An answer has come to what was asked at `asked_at`, by this machine's clock. `date` and `age` are headers."""
        told, received_at = _seconds(date, age), self.uncorrected()
        if told is None:
            return
        with self._lock:
            self._follow_steps(self.uncorrected())
            if 0 <= received_at - asked_at < LONGEST_ANSWER:
                self._answers.append(Sample(told - received_at, told + 1.0 - asked_at))
                self._trades.clear()
                self._judge()

    def traded(self, event_time: float) -> None:
        """A stream has just told a trade of that time, epoch seconds. One that is not from the future ends the row."""
        ahead = event_time - self.uncorrected()
        if ahead <= LEAST_OFFSET and not self._trades:
            return
        with self._lock:
            self._follow_steps(self.uncorrected())
            if ahead > LEAST_OFFSET:
                self._trades.append(ahead)
            else:
                self._trades.clear()
            self._judge()

    def _corrected_by(self) -> float:
        return self._offset if abs(self._offset) <= LARGEST_OFFSET else 0.0

    def _follow_steps(self, uncorrected: float) -> None:
        difference = uncorrected - self._running()
        step, self._difference = difference - self._difference, difference
        if abs(step) > STEP_SECONDS:
            self._answers = deque((Sample(a.least - step, a.most - step) for a in self._answers), ANSWERS)
            self._trades = deque((a - step for a in self._trades if a - step > LEAST_OFFSET), TRADES)
            self._judge()

    def _judge(self) -> None:
        """What most samples agree on. Trades alone count where all of the last ones come from the future."""
        by_answers = _agreed(list(self._answers)) if self._answers else 0.0
        by_trades = median(self._trades) if len(self._trades) == TRADES else 0.0
        self._offset = by_answers if abs(by_answers) >= abs(by_trades) else by_trades


def nobody_asked(_event_time: float) -> None:
    """Takes the times of trades where no clock is compared with them."""


def _agreed(samples: list[Sample]) -> float:
    """The difference that most samples agree on, as exactly as all of these together tell it."""
    # Of two that differ the one that finds less: an answer that comes from a cache is older than it seems.
    certain = sorted((sample.certain for sample in samples), key=abs)[(len(samples) - 1) // 2]
    if abs(certain) <= LEAST_OFFSET:
        return 0.0
    agreeing = [sample for sample in samples if sample.certain * certain > 0]
    least, most = max(sample.least for sample in agreeing), min(sample.most for sample in agreeing)
    return (least + most) / 2 if least <= most else certain


def _seconds(date: str, age: str) -> float | None:
    """The provider's time when it answered, from its headers; None where they don't tell it."""
    try:
        told = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return None
    if told.tzinfo is None:
        return None
    return told.timestamp() + (float(age) if age.strip().isdecimal() else 0.0)
