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

    `position` is the next offset to read. `last` is the fingerprint of the last message written, None if unknown: if
    that of the message in the log differs, the log was replaced.
    """

    def __init__(
        self, partition: LogPartition, written: int, folded: int, last: str | None, succession: EpochTracker
    ) -> None:
        self.partition, self.written, self.folded, self._last = partition, written, folded, last
        self.succession = succession
        self.position = folded

    def take(self, messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """Split the messages read into written ones, to fold again, and new ones.

        Raises StopPart if offsets are missing.
        """
        self._require_next(messages)
        self.position = self.folded = messages[-1].offset + 1
        new = max(0, self.written - messages[0].offset)
        return list(messages[:new]), list(messages[new:])

    def move(self, written: int, last: str | None) -> None:
        """Note that everything below `written` is committed; `last` is the fingerprint of the last message there."""
        self.written, self._last = written, last

    @property
    def has_fingerprint(self) -> bool:
        """Whether that of the last message written is known."""
        return self._last is not None

    def compare(self, found: Message) -> None:
        """Raise StopPart if this message, which the log holds now, is not the last message written."""
        if fingerprint(found) != self._last:
            raise self._replaced(f"the message at offset {found.offset} is a different one now")

    def explain_missing(self, first: int, end: int) -> None:
        """Raise StopPart unless retention removed the last message written from the log, which reaches from `first` to
        below `end`."""
        if end < self.written:
            raise self._replaced(f"it reaches from {first} to {end}")
        if first < self.written:
            raise self._replaced(f"it holds no message at offset {self.written - 1}")
        log.info(
            "%s: Kafka's retention removed the last message read; a fingerprint is stored with the next one.",
            self.partition,
        )
        self._last = None

    def _replaced(self, found: str) -> StopPart:
        return StopPart(log_replaced(self.partition, self.written, found))

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
        raise self._replaced(found)


def log_replaced(partition: LogPartition, expected: int, found: str) -> str:
    """The error text for a log that differs from the one read up to `expected`."""
    return (
        f"The database has read partition {partition.number} of topic {partition.topic} up to offset {expected}, but "
        f"the log has changed: {found}. Messages were lost, or the topic was created again. Restore the log. Or run "
        "`python -m db.realign` to see from which offset on log and tables differ, and `python -m db.realign --cut` to "
        "delete the rows after it. Or choose another POSTGRES_DB to start from what the log still holds."
    )
