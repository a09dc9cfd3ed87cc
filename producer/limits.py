"""How often a provider may be asked: its limit a minute, its wish to be left alone, and a pause where it fails."""

import random
import time
from collections.abc import Callable
from threading import Lock

from shared.errors import SourceDown, Throttled

Clock = Callable[[], float]
Wait = Callable[[float], bool]
"""Waits so many seconds; True at once where the stop was asked for: the `wait` of a threading.Event."""

WINDOW = 61.0
"""Seconds; one more than a minute, for requests that catch up with each other on their way."""
BURST_SHARE = 10
PATIENCE = 20.0
"""Seconds; a longer wish to be left alone is told to the caller instead of waited for."""
SHORTEST_WAIT = 0.001
"""Seconds; less than this is rounding, and no wait."""

FAILURES_TO_OPEN = 5
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 60.0


class RequestLimit:
    """At most `per_minute` requests in any minute, over all threads that ask one provider.

    A token bucket, kept as the time at which it will be full again: a tenth of the limit may go at once, the rest
    is spread so evenly that burst and refill together stay within the limit.
    """

    def __init__(self, per_minute: int, wait: Wait, clock: Clock = time.monotonic) -> None:
        burst = max(1, per_minute // BURST_SHARE)
        self._seconds_each = WINDOW / (per_minute - burst + 1)
        self._slack = (burst - 1) * self._seconds_each
        self._wait, self._clock = wait, clock
        self._lock = Lock()
        self._full_at = self._paused_until = 0.0

    def take(self) -> None:
        """Return when a request may go out.

        Raises Throttled where the provider wants to be left alone for longer than PATIENCE, SourceDown where the
        stop was asked for.
        """
        while (seconds := self._seconds_to_wait()) > 0:
            if self._wait(max(seconds, SHORTEST_WAIT)):
                raise SourceDown("Not asked: the stop came first.")

    def leave_alone(self, seconds: float) -> None:
        """No request before so many seconds have passed."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _seconds_to_wait(self) -> float:
        """0 where a token was taken."""
        with self._lock:
            now = self._clock()
            if (pause := self._paused_until - now) > 0:
                if pause > PATIENCE:
                    raise Throttled(f"The provider wants no request for another {pause:.0f} s.", pause)
                return pause
            full_at = max(self._full_at, now)
            if (wait := full_at - self._slack - now) > SHORTEST_WAIT:
                return wait
            self._full_at = full_at + self._seconds_each
            return 0.0


class Breaker:
    """After five failures in a row nobody asks until a pause is over; then one does, and its outcome decides.

    The pause doubles with each failing trial, up to a minute. It is jittered, so that many clients don't come back in
    step.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._reason = ""
        self._next_trial = 0.0

    def check(self) -> None:
        """Raises SourceDown with the last failure while nobody may ask."""
        with self._lock:
            if self._failures < FAILURES_TO_OPEN:
                return
            now = self._clock()
            if (left := self._next_trial - now) > 0:
                raise SourceDown(f"{self._reason} That was failure {self._failures} in a row.", left)
            # The caller's request is the trial: the others wait for its outcome, but not for ever.
            self._next_trial = now + self._longest_pause()

    def succeeded(self) -> None:
        """The provider answered."""
        with self._lock:
            self._failures = 0

    def failed(self, reason: str) -> None:
        """It did not; `reason` is a sentence."""
        with self._lock:
            self._failures += 1
            self._reason = reason
            if self._failures >= FAILURES_TO_OPEN:
                share = random.uniform(0.5, 1.0)  # noqa: S311 (no secret hangs on it)
                self._next_trial = self._clock() + share * self._longest_pause()

    def _longest_pause(self) -> float:
        doublings = min(self._failures - FAILURES_TO_OPEN, 10)
        return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings))
