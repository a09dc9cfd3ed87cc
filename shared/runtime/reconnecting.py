"""Repeats a thread's work on the database after the connection was lost."""

from collections.abc import Callable
from logging import Logger
from threading import Event
from typing import NamedTuple

from shared.errors import TickstreamError, Unavailable
from shared.observability.heartbeat import BEAT_SECONDS, wait


class Reconnecting(NamedTuple):
    """The pauses before another attempt, and the log lines of failures, without the reason.

    `refused_seconds` is the pause after an error that a retry would repeat; with None the work ends there.
    """

    log: Logger
    unavailable: str
    refused: str
    unavailable_seconds: float = BEAT_SECONDS
    refused_seconds: float | None = None

    def run(self, attempt: Callable[[], None], over: Event) -> None:
        """Call `attempt`, which connects and works, until `over` is set."""
        while not over.is_set():
            try:
                attempt()
            except Unavailable as error:
                self.log.debug("%s: %s", self.unavailable, error)
                wait(over, self.unavailable_seconds)
            except TickstreamError as error:
                self.log.warning("%s: %s", self.refused, error)
                if self.refused_seconds is None:
                    return
                wait(over, self.refused_seconds)
