"""Whether the messages of a poll surely come from the same log as the messages before them.

The log may be replaced while it is read: its topic is created again, or its broker comes back with older data. The
client continues at its offset, so only a comparison shows it. Both take time: a broker that comes back takes longer
than COMPARE_SECONDS, and confluent-kafka, which reads a topic by its id, pauses twice as long once the id has changed.
So messages are from the same log if they are polled within COMPARE_SECONDS of a comparison, or of a poll of sure
messages that left no fetched message behind. Before any others are used, the last message written is compared.

kafka-python reads a topic by its name and does not pause: it does not notice a topic that is deleted, created again and
filled beyond the last offset, all within COMPARE_SECONDS.
"""

from collections.abc import Iterable

COMPARE_SECONDS = 1.0
"""Shorter than any server takes to stop, get another data folder and start again."""
NEVER = float("-inf")


class Continuity:
    """When each partition was last sure to be the same log, in monotonic seconds."""

    def __init__(self) -> None:
        self._sure_at: dict[int, float] = {}

    def doubtful(self, partitions: Iterable[int], now: float) -> set[int]:
        """The partitions whose messages, polled at `now`, may come from another log."""
        return {
            partition
            for partition in partitions
            if now - self._sure_at.get(partition, NEVER) > COMPARE_SECONDS
        }

    def note_sure(self, partitions: Iterable[int], at: float) -> None:
        """Note that these partitions were the same log at this time, and that all fetched until then is sure."""
        self._sure_at.update(dict.fromkeys(partitions, at))
