"""How often a provider may be asked: its limit a minute, its wish to be left alone, and a pause where it fails."""

import random
import time
from collections.abc import Callable
from threading import Lock

from shared.errors import SourceDown, Throttled, Unanswered
from shared.observability.heartbeat import beat

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
            beat()
            if self._wait(max(seconds, SHORTEST_WAIT)):
                raise SourceDown("Not asked, because the producer stops.")

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
                    raise Throttled(f"The provider asked for no requests for another {pause:.0f} s.", pause)
                return pause
            full_at = max(self._full_at, now)
            if (wait := full_at - self._slack - now) > SHORTEST_WAIT:
                return wait
            self._full_at = full_at + self._seconds_each
            return 0.0


class Breaker:
    """After five failures in a row nobody asks until a pause is over; then one does, and its outcome decides.

    The pause doubles with each failing trial, up to a minute. It is jittered, so that many clients don't come back in
    step. `error` is what is raised meanwhile.
    """

    def __init__(self, clock: Clock = time.monotonic, error: type[SourceDown] = SourceDown) -> None:
        self._clock, self._error = clock, error
        self._lock = Lock()
        self._failures = 0
        self._reason = ""
        self._next_trial = 0.0

    def check(self) -> None:
        """Raises the error with the last failure while nobody may ask."""
        if (resting := self.resting) is not None:
            raise resting
        with self._lock:
            if self._failures >= FAILURES_TO_OPEN:
                # The caller's request is the trial: the others wait for its outcome, but not for ever.
                self._next_trial = self._clock() + self._longest_pause()

    @property
    def resting(self) -> SourceDown | None:
        """Why nobody may ask now; None where somebody may."""
        with self._lock:
            left = self._next_trial - self._clock()
            if self._failures < FAILURES_TO_OPEN or left <= 0:
                return None
            return self._error(f"{self._reason} That was failure {self._failures} in a row.", left)

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


class Breakers:
    """One breaker for the provider, and one for each question that fails: a page that is broken spares the others.

    The provider is left alone for what concerns it as a whole: connections that fail, and several questions in a row
    that it leaves without an answer. A question is a path with what it asks for.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._provider = Breaker(clock)
        self._questions: dict[str, Breaker] = {}
        self._unanswered: set[str] = set()

    def check(self, question: str) -> None:
        """Raises SourceDown while the provider is left alone, Unanswered while this question is."""
        breakers = [self._provider, *filter(None, [self._questions.get(question)])]
        for breaker in breakers:
            if (resting := breaker.resting) is not None:
                raise resting
        for breaker in breakers:
            breaker.check()

    def succeeded(self, question: str) -> None:
        """It was answered."""
        self._provider_answered()
        with self._lock:
            self._questions.pop(question, None)

    def failed(self, question: str, reason: str) -> Unanswered:
        """The provider answered this one with nothing of use: the error to raise."""
        self._provider_answered()
        return self._failed(question, reason)

    def timed_out(self, question: str, reason: str) -> SourceDown:
        """It did not answer in time: the error to raise. Where it answers no other either, the provider is down."""
        with self._lock:
            self._unanswered.add(question)
            are_several = len(self._unanswered) > 1
        failed = self._failed(question, reason)
        return self.unreachable(reason) if are_several else failed

    def unreachable(self, reason: str) -> SourceDown:
        """There was no connection, or it broke: the error to raise."""
        self._provider.failed(reason)
        return SourceDown(reason)

    def _failed(self, question: str, reason: str) -> Unanswered:
        with self._lock:
            breaker = self._questions.setdefault(question, Breaker(self._clock, Unanswered))
        breaker.failed(reason)
        return Unanswered(reason)

    def _provider_answered(self) -> None:
        self._provider.succeeded()
        with self._lock:
            self._unanswered.clear()
