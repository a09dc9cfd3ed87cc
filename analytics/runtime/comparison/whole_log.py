"""Whether the log still holds everything that was read of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from analytics.runtime.comparison.errors import LogIncomplete
from shared.kafka import Log, LogReader, existing_log, open_log
from shared.progress.fingerprints import fingerprint
from shared.progress.offsets import Origin, Reached
from shared.settings.brokers import Brokers


class OpenLog(NamedTuple):
    """A log and its reader."""

    log: Log
    reader: LogReader


@contextmanager
def whole_log(
    brokers: Brokers, topic: str, origin: Origin, reached: Mapping[int, Reached]
) -> Iterator[OpenLog]:
    """Open the log that a database was filled from, if it holds everything that was read.

    Raises LogIncomplete, or Unavailable if Kafka can't be reached.
    """
    log = existing_log(brokers, topic)
    if log is None:
        raise LogIncomplete(f"Kafka at {brokers.bootstrap} has no topic {topic} any more")
    if (origin.cluster, origin.topic) != (log.cluster, log.topic):
        raise LogIncomplete(f"the database was filled from topic {origin.topic} of another Kafka cluster")
    if origin.topic_id not in (None, log.topic_id) or origin.partitions not in (None, log.partitions):
        raise LogIncomplete(f"topic {topic} was deleted and created again since it was read")
    with open_log(log) as reader:
        for partition, at in reached.items():
            _require_whole(reader, partition, at)
        yield OpenLog(log, reader)


def _require_whole(reader: LogReader, partition: int, at: Reached) -> None:
    first, end = reader.bounds(partition)
    if first > at.first_offset:
        raise LogIncomplete(
            f"partition {partition} begins at offset {first} now; the {first - at.first_offset:,} messages before it, "
            "which were read, are deleted"
        )
    last = reader.message_at(partition, at.next_offset - 1)
    if last is None:
        raise LogIncomplete(
            f"partition {partition} was read up to offset {at.next_offset}, but ends at offset {end} now"
        )
    if at.fingerprint is not None and fingerprint(last) != at.fingerprint:
        raise LogIncomplete(
            f"partition {partition} holds another message at offset {last.offset} than the one that was read"
        )
