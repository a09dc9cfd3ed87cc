"""Checks of the broker while no messages arrive: it may be down, or back with another log."""

import time
from collections.abc import Mapping

from shared.consumer_loop.bookmark import Bookmark
from shared.consumer_loop.comparison import LogComparison
from shared.errors import Unavailable
from shared.kafka import Log, require_reachable, require_topic

QUIET_SECONDS = 3.0
UNANSWERED_SECONDS = 30.0
"""How long the broker may withhold a message that it holds, while it answers other requests."""


class IdleChecks:
    """The checks of one run of the loop; `bookmarks` are those of the partitions that are assigned now."""

    def __init__(self, log: Log, comparison: LogComparison, bookmarks: Mapping[int, Bookmark]) -> None:
        self._log, self._comparison, self._bookmarks = log, comparison, bookmarks
        self.note_messages()

    def note_messages(self) -> None:
        """Messages have arrived, or other partitions: all checks start again."""
        self._received_at = self._checked_at = time.monotonic()
        self._awaited = set[int]()

    def check(self) -> None:
        """Check the broker from time to time. Raises Unavailable or StopPart if the client would wait in vain."""
        now = time.monotonic()
        if now - self._checked_at <= QUIET_SECONDS:
            return
        require_reachable(self._log.bootstrap)
        require_topic(self._log)
        for bookmark in self._bookmarks.values():
            self._comparison.require_same(bookmark)
        if now - self._received_at > UNANSWERED_SECONDS:
            self._require_sent()
        self._checked_at = time.monotonic()

    def _require_sent(self) -> None:
        """Raise Unavailable if the log held a message at the check before that the group has not received yet.

        After a broker was killed and came back, a client may stay in its group and never fetch again; a new client
        does.
        """
        held = {number for number, each in self._bookmarks.items() if self._comparison.holds_next(each)}
        if held & self._awaited:
            raise Unavailable(
                f"Kafka at {self._log.bootstrap} has sent no message of topic {self._log.topic} for "
                f"{UNANSWERED_SECONDS:.0f} s, although it holds some"
            )
        self._awaited = held
