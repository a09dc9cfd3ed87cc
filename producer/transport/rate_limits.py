"""Limits requests to a provider: requests per minute, pauses that it asks for, and circuit breakers for failures."""

import time
from collections.abc import Callable
from threading import Lock

from shared.errors import SourceDown, Throttled, Unanswered
from shared.observability.heartbeat import beat
from shared.runtime.backoff import doubled, jittered

Clock = Callable[[], float]
Wait = Callable[[float], bool]
"""Waits so many seconds; returns True at once if stopped: the `wait` of a threading.Event."""

WINDOW = 61.0
"""Seconds; one more than a minute, because of varying network delays."""
BURST_SHARE = 10
PATIENCE = 20.0
"""Seconds; a longer pause is raised to the caller instead of waited for."""
SHORTEST_WAIT = 0.001
"""Seconds; shorter waits are rounding errors and skipped."""

FAILURES_TO_OPEN = 5
FIRST_PAUSE, MAX_PAUSE = 5.0, 60.0


class RequestLimit:
    """Allows at most `per_minute` requests in any minute, over all threads that use one provider.

    A token bucket, stored as the time at which it will be full again: a tenth of the limit may be sent at once, the
    rest is spread so that burst and refill together stay within the limit.
    """

    def __init__(self, per_minute: int, wait: Wait, clock: Clock = time.monotonic) -> None:
        burst = max(1, per_minute // BURST_SHARE)
        self._seconds_each = WINDOW / (per_minute - burst + 1)
        self._slack = (burst - 1) * self._seconds_each
        self._wait, self._clock = wait, clock
        self._lock = Lock()
        self._full_at = self._paused_until = 0.0

    def take(self) -> None:
        """Wait until a request may be sent.

        Raises Throttled if the provider asked for a pause longer than PATIENCE, SourceDown if stopped.
        """
        while (seconds := self._seconds_to_wait()) > 0:
            beat()
            if self._wait(max(seconds, SHORTEST_WAIT)):
                raise SourceDown("No request was sent, because the producer stops.")

    def pause(self, seconds: float) -> None:
        """Allow no request for so many seconds."""
        with self._lock:
            self._paused_until = max(self._paused_until, self._clock() + seconds)

    def _seconds_to_wait(self) -> float:
        """Take a token, or return the seconds to wait for one; 0 if it was taken."""
        with self._lock:
            now = self._clock()
            if (pause := self._paused_until - now) > 0:
                if pause > PATIENCE:
                    raise Throttled(f"The provider asked for a pause of another {pause:.0f} s.", pause)
                return pause
            full_at = max(self._full_at, now)
            if (wait := full_at - self._slack - now) > SHORTEST_WAIT:
                return wait
            self._full_at = full_at + self._seconds_each
            return 0.0


class Breaker:
    """A circuit breaker: after five failures in a row it blocks requests for a pause; then one trial decides.

    The pause doubles with each failed trial, up to a minute, with jitter so that many clients don't retry
    simultaneously. `error` is raised meanwhile.
    """

    def __init__(self, clock: Clock = time.monotonic, error: type[SourceDown] = SourceDown) -> None:
        self._clock, self._error = clock, error
        self._lock = Lock()
        self._failures = 0
        self._reason = ""
        self._next_trial = 0.0

    def check(self) -> None:
        """Raise the error with the last failure while requests are blocked."""
        if (resting := self.resting) is not None:
            raise resting
        with self._lock:
            if self._failures >= FAILURES_TO_OPEN:
                # The caller's request is the trial: the others wait for its outcome, but not forever.
                self._next_trial = self._clock() + self._longest_pause()

    @property
    def resting(self) -> SourceDown | None:
        """The error while requests are blocked, else None."""
        with self._lock:
            left = self._next_trial - self._clock()
            if self._failures < FAILURES_TO_OPEN or left <= 0:
                return None
            return self._error(f"{self._reason} That was failure {self._failures} in a row.", left)

    def succeeded(self) -> None:
        """Record a success."""
        with self._lock:
            self._failures = 0

    def failed(self, reason: str) -> None:
        """Record a failure; `reason` is a sentence."""
        with self._lock:
            self._failures += 1
            self._reason = reason
            if self._failures >= FAILURES_TO_OPEN:
                self._next_trial = self._clock() + jittered(self._longest_pause(), 0.5, 1.0)

    def _longest_pause(self) -> float:
        return doubled(FIRST_PAUSE, MAX_PAUSE, self._failures - FAILURES_TO_OPEN)


class Breakers:
    """One breaker for the provider, and one for each failing request key, so that one broken page blocks no others.

    The provider's breaker counts failures that concern it as a whole: failed connections, and several different
    requests in a row without a response. A request key is a path with its subject.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._provider = Breaker(clock)
        self._by_request: dict[str, Breaker] = {}
        self._unanswered: set[str] = set()

    def check(self, request_key: str) -> None:
        """Raise SourceDown while the provider is blocked, Unanswered while this request is."""
        breakers = [self._provider, *filter(None, [self._by_request.get(request_key)])]
        for breaker in breakers:
            if (resting := breaker.resting) is not None:
                raise resting
        for breaker in breakers:
            breaker.check()

    def succeeded(self, request_key: str) -> None:
        """Record a response to this request."""
        self._provider_answered()
        with self._lock:
            self._by_request.pop(request_key, None)

    def failed(self, request_key: str, reason: str) -> Unanswered:
        """Record a useless response to this request; returns the error to raise."""
        self._provider_answered()
        return self._failed(request_key, reason)

    def timed_out(self, request_key: str, reason: str) -> SourceDown:
        """Record a timeout of this request; returns the error to raise: SourceDown if other requests timed out too."""
        with self._lock:
            self._unanswered.add(request_key)
            are_several = len(self._unanswered) > 1
        failed = self._failed(request_key, reason)
        return self.unreachable(reason) if are_several else failed

    def unreachable(self, reason: str) -> SourceDown:
        """Record a failed connection; returns the error to raise."""
        self._provider.failed(reason)
        return SourceDown(reason)

    def _failed(self, request_key: str, reason: str) -> Unanswered:
        with self._lock:
            breaker = self._by_request.setdefault(request_key, Breaker(self._clock, Unanswered))
        breaker.failed(reason)
        return Unanswered(reason)

    def _provider_answered(self) -> None:
        self._provider.succeeded()
        with self._lock:
            self._unanswered.clear()
