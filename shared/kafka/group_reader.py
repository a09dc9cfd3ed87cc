"""Reads the log as a member of a consumer group."""

import time
from collections.abc import Mapping
from itertools import chain

from shared.errors import Unavailable
from shared.kafka.clients.calls import Member
from shared.kafka.clients.choice import group_client
from shared.kafka.connection import Log
from shared.kafka.fetch_pace import USUAL, FetchPace, Gathering
from shared.kafka.message import Message

JOIN_SECONDS = 20.0


class _Assignments:
    """Records assigned and revoked partitions; the loop handles them between two polls.

    `outside_since` is when this member began to rejoin its group, None while it is a member.
    """

    def __init__(self) -> None:
        self.gained: set[int] = set()
        self.lost: set[int] = set()
        self.outside_since: float | None = time.monotonic()

    def assigned(self, partitions: set[int]) -> None:
        """See `Rebalance`."""
        self.gained |= partitions
        self.outside_since = None

    def revoked(self, partitions: set[int]) -> None:
        """See `Rebalance`."""
        self.lost |= partitions
        self.gained -= self.lost
        self.outside_since = time.monotonic()

    @property
    def takes_too_long(self) -> bool:
        """Whether joining the group takes longer than any rebalance should."""
        return self.outside_since is not None and time.monotonic() - self.outside_since > JOIN_SECONDS


class GroupReader:
    """One member of a consumer group. `instance` lets it keep its partitions after a restart (static membership)."""

    def __init__(self, log: Log, group: str, instance: str, gathering: Gathering = USUAL) -> None:
        self._assignments = _Assignments()
        self._pace = FetchPace(gathering, time.monotonic())
        self._client = group_client(Member(log, group, instance, gathering), self._assignments)

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """Messages by partition; empty if none arrived in time.

        Raises Unavailable, or PartitionLost if another process joined the group as this instance.
        """
        found = self._client.poll(timeout_ms, max_records)
        if self._assignments.takes_too_long:
            raise Unavailable(f"Joining the Kafka group took longer than {JOIN_SECONDS:.0f} s")
        received = len(list(chain.from_iterable(found.values())))
        self._client.gather(self._pace.after(received, time.monotonic()))
        return found

    def take_changes(self) -> tuple[set[int], set[int]]:
        """Partitions assigned and revoked since the last call. Each assigned one is to be sought: see `seek`."""
        gained, lost = self._assignments.gained, self._assignments.lost
        self._assignments.gained, self._assignments.lost = set(), set()
        return gained, lost

    def seek(self, partition: int, offset: int) -> None:
        """Read the partition from `offset` on; one just assigned may stay unread until then. Raises Unavailable."""
        self._client.seek(partition, offset)

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""
        return self._client.bounds(partition)

    def lag(self) -> int:
        """The number of messages not yet read, as of the broker's last responses. Raises Unavailable."""
        return self._client.lag()

    def report(self, offsets: Mapping[int, int]) -> None:
        """Report the offsets to Kafka too, for standard lag tools only."""
        self._client.report(offsets)

    def close(self) -> None:
        """End the membership; the partitions stay those of this instance for some seconds, see `GroupClient`."""
        self._client.close()
