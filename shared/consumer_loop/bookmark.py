"""The loop's position in one partition, and the check that the log has not been replaced."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from shared.errors import StopPart
from shared.kafka import Message
from shared.progress.epochs import EpochTracker
from shared.progress.fingerprints import fingerprint

log = logging.getLogger("tickstream")


class LogPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"Partition {self.number} of topic {self.topic}"


class Bookmark:
    """Everything below `written` is committed; everything below `folded` is in the state of the fold.

    `position` is the next offset to read. The last message written is read again from time to time and its
    fingerprint compared with `last`: if they differ, the log was replaced. `last` is None if unknown.
    """

    def __init__(
        self, partition: LogPartition, written: int, folded: int, last: str | None, succession: EpochTracker
    ) -> None:
        self._partition, self.written, self.folded, self._last = partition, written, folded, last
        self.succession = succession
        self._compares = False
        self.position = folded

    def look_back(self) -> int:
        """The offset to read from, so that the last message written is compared before new ones are processed."""
        self._compares = self._last is not None
        self.position = min(self.folded, self.written - 1) if self._compares else self.folded
        return self.position

    @property
    def needs_no_comparison(self) -> bool:
        """Whether none is to be requested: one is under way already, or there is nothing to compare with."""
        return self._compares or self._last is None

    @property
    def is_only_compared(self) -> bool:
        """Whether the next message is already folded."""
        return self.position < self.folded

    def take(self, messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """Split the messages read, except those already folded, into written ones (to fold again) and new ones.

        Raises StopPart if the log was replaced.
        """
        found = messages[0].offset
        if self._compares and self.position + 1 == self.folded == self.written == found:
            log.info(
                "%s: Kafka's retention removed the last message read; a fingerprint is stored with the next one.",
                self._partition,
            )
            self.position = found
        self._require_next(messages)
        self._compare(messages)
        self.position = messages[-1].offset + 1
        lacking, new = (max(0, offset - found) for offset in (self.folded, self.written))
        self.folded = max(self.folded, self.position)
        return list(messages[lacking:new]), list(messages[max(lacking, new) :])

    def _require_next(self, messages: Sequence[Message]) -> None:
        """Raise StopPart if offsets are missing, before these messages or among them."""
        first = messages[0].offset
        if first == self.position and messages[-1].offset - first == len(messages) - 1:
            return
        places = enumerate(messages, start=self.position)
        missing, behind = next((place, each.offset) for place, each in places if each.offset != place)
        found = (
            f"it holds no message at offset {missing} and continues at {behind}, as after compaction or when a producer"
            " used transactions"
        )
        raise StopPart(log_replaced(self._partition, self.written, found))

    def move(self, written: int, last: str | None) -> None:
        """Note that everything below `written` is committed; `last` is the fingerprint of the last message there."""
        self.written, self._last, self._compares = written, last, False

    def _compare(self, messages: Sequence[Message]) -> None:
        at = self.written - 1 - messages[0].offset
        if not self._compares or not 0 <= at < len(messages):
            return
        if fingerprint(messages[at]) != self._last:
            raise StopPart(
                log_replaced(
                    self._partition,
                    self.written,
                    f"the message at offset {self.written - 1} is a different one now",
                )
            )
        self._compares = False


def log_replaced(partition: LogPartition, expected: int, found: str) -> str:
    """The error text for a log that differs from the one read up to `expected`."""
    return (
        f"The database has read partition {partition.number} of topic {partition.topic} up to offset {expected}, but "
        f"the log has changed: {found}. Messages were lost, or the topic was created again. Restore the log. Or run "
        "`python -m db.realign` to see from which offset on log and tables differ, and `python -m db.realign --cut` to "
        "delete the rows after it. Or choose another POSTGRES_DB to start from what the log still holds."
    )
