"""Members of a consumer group on a topic, which a test polls itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from shared.consumer_loop.loop import POLL_MS
from shared.kafka import GroupReader, Log, LogWriter, Message
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def member(log: Log, instance: str = "one") -> "closing[GroupReader]":
    """A member of the group, closed at the end."""
    return closing(GroupReader(log, f"group-of-{log.topic}", instance))


def changed(reader: GroupReader) -> tuple[set[int], set[int]]:
    """The partitions gained and lost at the next rebalance that changes any."""
    found: list[tuple[set[int], set[int]]] = []

    def is_changed() -> bool:
        reader.poll(200, 100)
        found.append(reader.take_changes())
        return found[-1] != (set(), set())

    wait_for(is_changed)
    return found[-1]


def polled(owned: dict[GroupReader, set[int]], wanted: list[set[int]]) -> Callable[[], bool]:
    """Polls the members of a group and keeps the partitions that they own; whether these are the wanted ones.

    They poll at the same time, as parts do: one that waits for the other's poll could take too long to join.
    """

    def is_so() -> bool:
        with ThreadPoolExecutor(len(owned)) as pool:
            list(pool.map(lambda reader: reader.poll(POLL_MS, 100), owned))
        for reader in owned:
            gained, lost = reader.take_changes()
            owned[reader] = (owned[reader] - lost) | gained
        return sorted(map(sorted, owned.values())) == sorted(map(sorted, wanted))

    return is_so


def read(reader: GroupReader, partition: int, offset: int, wanted: int) -> list[Message]:
    """So many messages from `offset` on."""
    found: list[Message] = []

    def is_read() -> bool:
        found.extend(reader.poll(20, wanted - len(found)).get(partition, []))
        return len(found) == wanted

    reader.seek(partition, offset)
    wait_for(is_read)
    return found


def write(log: Log, messages: int, partition: int = 0, first: int = 0) -> None:
    """Numbers from `first` on."""
    with closing(LogWriter(log)) as writer:
        for number in range(first, first + messages):
            writer.send(partition, None, b"%d" % number)
        assert writer.flush(PATIENCE)
