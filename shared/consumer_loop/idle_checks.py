"""Checks of the broker while no messages arrive: it may be down, or back with another log."""

import time
from collections.abc import Mapping

from shared.consumer_loop.bookmark import Bookmark
from shared.consumer_loop.continuity import COMPARE_SECONDS
from shared.errors import Unavailable
from shared.kafka import GroupReader, Log, require_reachable, require_topic

QUIET_SECONDS = 3.0
UNANSWERED_SECONDS = 30.0
"""How long the broker may withhold a message that it holds, while it answers other requests."""


class IdleChecks:
    """The checks of one run of the loop; `bookmarks` are those of the partitions that are assigned now."""

    def __init__(self, log: Log, reader: GroupReader, bookmarks: Mapping[int, Bookmark]) -> None:
        self._log, self._reader, self._bookmarks = log, reader, bookmarks
        self.note_messages()

    def note_messages(self) -> None:
        """New messages have arrived: all checks start again."""
        self._received_at = self._compared_at = self._answered_at = time.monotonic()

    def note_comparison(self) -> None:
        """The last messages written were requested, to be compared."""
        self._compared_at = time.monotonic()

    def check_broker(self, is_silent: bool) -> bool:
        """Check the broker; returns whether to compare the last messages written. Raises Unavailable or StopPart.

        Without `is_silent` messages have arrived, none of them new.
        """
        now = time.monotonic()
        awaited = [number for number, bookmark in self._bookmarks.items() if bookmark.is_only_compared]
        if not is_silent or not awaited:
            self._answered_at = now
        if not is_silent:
            return False
        if now - self._answered_at > UNANSWERED_SECONDS:
            self._require_removed(awaited)
        if now - self._received_at > QUIET_SECONDS:
            self._require_kafka()
        return now - self._compared_at > COMPARE_SECONDS

    def _require_removed(self, partitions: list[int]) -> None:
        """Raise Unavailable if the broker holds the last message written of a partition and does not send it again.

        After a broker was killed and came back, a client may stay in its group and never fetch again; a new client
        does. Without that message nothing is wrong: retention has removed it.
        """
        for partition in partitions:
            first, _ = self._reader.bounds(partition)
            if first < self._bookmarks[partition].written:
                raise Unavailable(
                    f"Kafka at {self._log.bootstrap} has sent no message of topic {self._log.topic} for "
                    f"{UNANSWERED_SECONDS:.0f} s, although it holds some"
                )
        self._answered_at = time.monotonic()

    def _require_kafka(self) -> None:
        """Raise Unavailable if broker or topic is gone, for which the client would wait without an error."""
        self._received_at = time.monotonic()
        require_reachable(self._log.bootstrap)
        require_topic(self._log)
