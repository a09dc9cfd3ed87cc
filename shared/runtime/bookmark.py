"""Where the loop stands in one partition, and whether the log is still the one that it has read."""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from shared.errors import StopPart
from shared.kafka import Message
from shared.runtime.epochs import Succession
from shared.runtime.fingerprints import fingerprint

log = logging.getLogger("tickstream")


class LogPartition(NamedTuple):
    """A partition of a topic."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"Partition {self.number} of topic {self.topic}"


class Bookmark:
    """Everything below `written` is committed, everything below `folded` is in the state of the fold.

    `position` is the next offset to be read. The last message that was written is read again now and then, and its
    fingerprint compared with `last`: where they differ, the log is another one. `last` is None where it is not known.
    """

    def __init__(
        self, partition: LogPartition, written: int, folded: int, last: str | None, succession: Succession
    ) -> None:
        self._partition, self.written, self.folded, self._last = partition, written, folded, last
        self.succession = succession
        self._compares = False
        self.position = folded

    def look_back(self) -> int:
        """The offset to read from, so that the last message written is compared before anything new is taken."""
        self._compares = self._last is not None
        self.position = min(self.folded, self.written - 1) if self._compares else self.folded
        return self.position

    @property
    def is_only_compared(self) -> bool:
        """Whether the next message is one that the fold has already."""
        return self.position < self.folded

    def take(self, messages: Sequence[Message]) -> tuple[list[Message], list[Message]]:
        """What the fold lacks of the messages that were read: written ones to fold again, and new ones.

        Raises StopPart where the log is not the one that was read.
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
        """Raises StopPart where offsets are missing, before these messages or among them."""
        first = messages[0].offset
        if first == self.position and messages[-1].offset - first == len(messages) - 1:
            return
        places = enumerate(messages, start=self.position)
        missing, behind = next((place, each.offset) for place, each in places if each.offset != place)
        found = (
            f"it holds no message at offset {missing} and goes on at {behind}, as after compaction or where a producer"
            " used transactions"
        )
        raise StopPart(parted(self._partition, self.written, found))

    def move(self, written: int, last: str | None) -> None:
        """Everything below `written` is committed now; the fingerprint of the last message there."""
        self.written, self._last, self._compares = written, last, False

    def _compare(self, messages: Sequence[Message]) -> None:
        at = self.written - 1 - messages[0].offset
        if not self._compares or not 0 <= at < len(messages):
            return
        if fingerprint(messages[at]) != self._last:
            raise StopPart(
                parted(self._partition, self.written, f"another message lies at {self.written - 1} now")
            )
        self._compares = False


def parted(partition: LogPartition, expected: int, found: str) -> str:
    """The sentence for a log that is not the one that was read up to `expected`."""
    return (
        f"The database has read partition {partition.number} of topic {partition.topic} up to offset {expected}, but "
        f"the log is another one: {found}. Messages were lost, or the topic was created again. Restore the log. Or run "
        "`python -m db.realign` to see from which offset on log and tables differ, and `python -m db.realign --cut` to "
        "delete the rows behind it. Or choose another POSTGRES_DB to start from what the log still holds."
    )
