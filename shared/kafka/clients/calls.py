"""What readers, writers and topics need of a Kafka client, and what they pass to it."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from shared.kafka.connection import Log
from shared.kafka.fetch_pace import Gathering
from shared.kafka.message import Headers, Message

SESSION_TIMEOUT_MS = 10_000
MAX_POLL_INTERVAL_MS = 3_600_000
"""A first start may run thousands of model searches between two polls, some tenths of a second each. A failed part is
detected earlier by Kafka's heartbeats, a hanging one by the supervisor."""
FETCH_BYTES = 4 * 1024 * 1024
"""Most that a fetch returns of one partition."""
BATCH_BYTES = 256 * 1024
FOR_EVER_MS = 2**31 - 1
LINGER_MS = 5
ANSWER_SECONDS = 30.0
"""How long a broker that accepts connections may take for an answer."""


class Member(NamedTuple):
    """A member of a consumer group that reads a log. `instance` is its name for static membership.

    `gathering` applies to its first fetches.
    """

    log: Log
    group: str
    instance: str
    gathering: Gathering


class Rebalance(Protocol):
    """Is called with the partitions that are assigned and revoked; called within `GroupClient.poll`, in its thread."""

    def assigned(self, partitions: set[int]) -> None:
        """These partitions are this member's from now on; may be none."""

    def revoked(self, partitions: set[int]) -> None:
        """These partitions are no longer this member's; it rejoins its group."""


class GroupClient(Protocol):
    """A client's member of a consumer group, subscribed to one topic. The topic is known once it is made."""

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """Messages by partition, consecutive in each; empty if none arrived in time.

        Raises Unavailable, or PartitionLost if another process joined the group as this instance.
        """

    def gather(self, gathering: Gathering) -> None:
        """Wait for messages like this from now on."""

    def seek(self, partition: int, offset: int) -> None:
        """Read an assigned partition from `offset` on. A new partition may be read only from here on."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""

    def lag(self) -> int:
        """The number of messages not yet read, as of the broker's last responses. Raises Unavailable."""

    def report(self, offsets: Mapping[int, int]) -> None:
        """Commit these offsets to Kafka without waiting; a failure is only logged."""

    def close(self) -> None:
        """End the membership within some seconds, whatever the broker does; a static member stays in its group."""


class Receipt(Protocol):
    """The acknowledgement of all messages sent before it was made."""

    def is_done(self) -> bool:
        """Whether all are acknowledged, or one was rejected."""

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds`; returns whether all are acknowledged. Raises Unavailable if one was rejected."""


class WriterClient(Protocol):
    """A client's idempotent writer to one topic: the broker acknowledges the messages of a partition in order."""

    def send(self, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None) -> None:
        """Queue one message. Raises Unavailable."""

    def receipt(self) -> Receipt:
        """The acknowledgement of all messages sent so far."""

    def first_offsets(self) -> dict[int, int]:
        """The offset of the first message to each partition, if it is acknowledged."""

    def last_offset(self, partition: int) -> int:
        """The offset of the last message to a partition, which must be acknowledged."""

    def close(self) -> None:
        """Wait a second for messages under way, then drop them: no thread may send them later."""


class RangeClient(Protocol):
    """A client's reader of exact ranges of one topic, one after the other, without a group."""

    def ends(self) -> dict[int, int]:
        """The offset after the last message, by partition. Raises Unavailable."""

    def bounds(self, partition: int) -> tuple[int, int]:
        """The first available offset, and the one after the last message. Raises Unavailable."""

    def start(self, partition: int, start: int, end: int) -> None:
        """Begin to read a partition from `start` to below `end`. Raises Unavailable."""

    def poll(self, seconds: float) -> list[Message]:
        """The next messages of the range; empty if there was none within `seconds`. Raises Unavailable."""

    def is_read(self) -> bool:
        """Whether all of the range is read. Offsets without a message are passed over. Raises Unavailable."""

    def close(self) -> None:
        """Close within some seconds, whatever the broker does."""


class Topic(NamedTuple):
    """A topic of a cluster: its id as the text of a UUID, its number of partitions, and whether each has a leader."""

    topic_id: str
    partitions: int
    has_leaders: bool


class AdminClient(Protocol):
    """A client for topics and logins, logged in once it is made."""

    def topic(self, name: str) -> Topic | None:
        """The topic, None if there is none; asking creates none. Raises Unavailable."""

    def create(self, name: str, partitions: int, settings: Mapping[str, str]) -> None:
        """Create a topic, unless another program did so first; the broker chooses its replicas. Raises Unavailable."""

    def settings(self, topic: str, names: Collection[str]) -> dict[str, str] | None:
        """Settings of a topic, also those by default; None if this login may not read them. Raises Unavailable."""

    def cluster(self) -> str:
        """The cluster's id. Raises Unavailable."""

    def set_password(self, user: str, password: str, rounds: int) -> None:
        """Set a user's password for SCRAM, hashed so many times. Raises Unavailable."""

    def close(self) -> None:
        """Close within some seconds, whatever the broker does."""
