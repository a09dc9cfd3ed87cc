"""Whether the messages of a poll surely come from the same log as the messages before them.

The log may be replaced while it is read: its topic is created again, or its broker comes back with older data. The
client continues at its offset, so only a comparison shows it. Both take time: a broker that comes back takes longer
than COMPARE_SECONDS, and confluent-kafka, which reads a topic by its id, pauses twice as long once the id has changed.
So messages that follow within COMPARE_SECONDS of a poll that left no fetched message behind are from the same log.
Before any others, the last message written is compared.

kafka-python reads a topic by its name and does not pause: it does not notice a topic that is deleted, created again and
filled beyond the last offset, all within COMPARE_SECONDS.
"""

from collections.abc import Mapping

COMPARE_SECONDS = 1.0
"""Shorter than any server takes to stop, get another data folder and start again."""
NEVER = float("-inf")


class Continuity:
    """When each partition was last sure to be the same log, in monotonic seconds."""

    def __init__(self) -> None:
        self._sure_at: dict[int, float] = {}
        self._requested_at: dict[int, float] = {}

    def request(self, partition: int, now: float) -> None:
        """Note that the last message written is requested, to be compared. The client may fetch it at once."""
        self._requested_at[partition] = now

    def has_waited(self, polled: Mapping[int, bool], now: float) -> bool:
        """Whether a comparison polled at `now` was requested so long ago that the messages behind it may be from
        another log. `polled` is that of `note`."""
        return any(
            now - self._requested_at.get(partition, NEVER) > COMPARE_SECONDS
            for partition, compares in polled.items()
            if compares
        )

    def note(self, polled: Mapping[int, bool], is_drained: bool, now: float) -> set[int]:
        """Note a poll; returns the partitions that must be compared before the messages polled at `now` are used.

        `polled` tells for each partition whether these messages begin with a comparison. `is_drained` is whether the
        poll returned all that had been fetched.
        """
        doubtful = {
            partition
            for partition, compares in polled.items()
            if not (compares or now - self._sure_at.get(partition, NEVER) <= COMPARE_SECONDS)
        }
        for partition, compares in polled.items():
            if is_drained:
                self._sure_at[partition] = now
            elif compares:
                self._sure_at[partition] = self._requested_at.get(partition, NEVER)
        return doubtful
