"""A route while it is used: one attempt at a time, each in a thread, with a time limit."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Thread
from typing import NamedTuple

from delivery.plan.next_message import MOST_AT_ONCE, OutgoingMessage
from delivery.routes.results import TIMED_OUT, SendingResult, broken
from delivery.routes.route import Route
from delivery.store.route_tables import RouteState
from shared.runtime.backoff import doubled, jittered

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 30.0
"""Seconds between two attempts of a route that fails, unless its receiver asks for more."""
MOST_ABANDONED = 3
"""Threads of a route that hang. They can't be ended; with so many of them the route makes no further attempt."""


class Attempt(NamedTuple):
    """An attempt that was made. `began` is in seconds of the monotonic clock."""

    message: OutgoingMessage
    thread: Thread
    began: float


class Finished(NamedTuple):
    """An attempt that has ended by itself."""

    route: str
    thread: Thread
    result: SendingResult


class Lane:
    """One route: what is being sent, what became of it until that is written, and when the next attempt may be made.

    Each attempt that ends is put into `finished`. A digest has at most `most` alerts: half of one that failed, maybe
    because of one of its alerts, and twice as many after each success. `identity` names the route in the tables.
    """

    def __init__(self, route: Route, state: RouteState, finished: SimpleQueue[Finished]) -> None:
        self.route, self.state = route, state
        self.identity = ""
        self.most = MOST_AT_ONCE
        self.attempt: Attempt | None = None
        self.result: SendingResult | None = None
        self._finished = finished
        self._abandoned: list[Thread] = []

    def is_free(self, now: datetime) -> bool:
        """Whether an attempt may begin."""
        self._abandoned = [thread for thread in self._abandoned if thread.is_alive()]
        return (
            self.attempt is None and not self.state.is_paused(now) and len(self._abandoned) < MOST_ABANDONED
        )

    @property
    def is_sending(self) -> bool:
        """Whether an attempt has begun and not ended."""
        return self.attempt is not None and self.result is None

    def begin(self, message: OutgoingMessage) -> None:
        """Send a message in a thread."""

        def work() -> None:
            self._finished.put(Finished(self.route.label, thread, _sent(self.route.send, message)))

        thread = Thread(target=work, name=self.route.name, daemon=True)
        self.attempt, self.result = Attempt(message, thread, time.monotonic()), None
        thread.start()

    def receive(self, finished: Finished) -> None:
        """Take the result of the current attempt; that of an abandoned one comes too late."""
        if self.attempt is not None and self.is_sending and finished.thread is self.attempt.thread:
            self.result = finished.result

    def look(self, limit: float) -> None:
        """Abandon the attempt if it takes longer than `limit` seconds."""
        if self.attempt is None or not self.is_sending:
            return
        if time.monotonic() - self.attempt.began > limit:
            self._abandoned.append(self.attempt.thread)
            self.result = TIMED_OUT

    def next_state(self, result: SendingResult, now: datetime) -> RouteState:
        """The state after a result: after failures pauses grow, and the receiver may ask for a longer one."""
        if result.is_delivered:
            return RouteState()
        failures = self.state.failures + 1
        pause = jittered(doubled(FIRST_PAUSE, LONGEST_PAUSE, failures - 1), 0.5, 1.0)
        pause = max(pause, result.retry_after or 0.0)
        return RouteState(failures, now + timedelta(seconds=pause), result.words, now)

    def settle(self, state: RouteState) -> None:
        """The result is written: the next attempt may follow."""
        if self.attempt is not None and self.result is not None:
            self.most = self._next_most(self.attempt.message, self.result)
        self.state, self.attempt, self.result = state, None, None

    def _next_most(self, message: OutgoingMessage, result: SendingResult) -> int:
        if result.is_delivered:
            return min(2 * self.most, MOST_AT_ONCE)
        attempts = 1 + min(alert.attempts for alert in message.alerts)
        is_split = result.splits_after is not None and attempts >= result.splits_after
        return len(message.alerts) // 2 if is_split and len(message.alerts) > 1 else self.most


def _sent(send: Callable[[OutgoingMessage], SendingResult], message: OutgoingMessage) -> SendingResult:
    try:
        return send(message)
    except Exception as error:  # noqa: BLE001 (any of 190 services may raise anything, with its address in the text)
        return broken(error)
