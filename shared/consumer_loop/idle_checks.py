"""Checks of the broker while no messages arrive: it may be down, or back with another log."""

import time
from collections.abc import Mapping

from shared.consumer_loop.bookmark import Bookmark
from shared.consumer_loop.comparison import LogComparison
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
        """Messages have arrived: all checks start again."""
        self._received_at = self._checked_at = time.monotonic()

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
                self._comparison.require_all_sent(bookmark)
        self._checked_at = time.monotonic()
