"""Repeats a thread's work on the database after the connection was lost."""

from collections.abc import Callable
from logging import Logger
from threading import Event
from typing import NamedTuple

from shared.errors import TickstreamError, Unavailable
from shared.observability.heartbeat import BEAT_SECONDS, wait


class Refusal(NamedTuple):
    """What follows an error that a retry would repeat: the log line, without the reason, and the pause in seconds
    before another attempt; with None the work ends, and the line says so."""

    message: str
    pause: float | None


class Reconnecting(NamedTuple):
    """What follows a failure: `unavailable` is the log line while the database can't be reached, without the reason,
    and `unavailable_seconds` the pause before another attempt."""

    log: Logger
    unavailable: str
    refusal: Refusal
    unavailable_seconds: float = BEAT_SECONDS

    def run(self, attempt: Callable[[], None], over: Event) -> None:
        """Call `attempt`, which connects and works, until `over` is set."""
        while not over.is_set():
            try:
                attempt()
            except Unavailable as error:
                self.log.debug("%s: %s", self.unavailable, error)
                wait(over, self.unavailable_seconds)
            except TickstreamError as error:
                self.log.warning("%s: %s", self.refusal.message, error)
                if self.refusal.pause is None:
                    return
                wait(over, self.refusal.pause)
