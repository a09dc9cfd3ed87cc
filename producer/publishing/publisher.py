"""Publishes records to the topic, keyed by symbol, each one once.

A source provides one sequence with increasing positions. At the start, the end of each partition shows the last
published position, and all records up to it are skipped: a producer that was killed publishes nothing twice and misses
nothing. A time mark is sent to all partitions. Each record ends with the epoch of its lease: readers reject records of
a producer that has lost its lease.
"""

import logging
import time
from collections.abc import Callable, Iterable
from threading import Event

from producer.publishing.lease import Lease
from shared.errors import BadMessage, Unavailable
from shared.kafka import Log, LogReader, LogWriter, open_log, partition_of, require_reachable
from shared.market.messages import decode, encode
from shared.market.records import Record, TimeMark
from shared.observability.heartbeat import beat

MARK_EVERY = 2_000
MARK_SECONDS = 1.0
MARKS_UNDER_WAY = 8
STUCK_SECONDS = 60.0
"""A reachable broker acknowledges sooner, unless the sending thread hangs."""
NOTHING = -1
FINISHED = "finished"

TakeExtra = Callable[[], Iterable[tuple[int, Record]]]
"""Returns the records that come from no sequence of a source, requests and headlines, each with its partition."""


def no_extra() -> Iterable[tuple[int, Record]]:
    """No such record."""
    return ()


log = logging.getLogger("tickstream.producer")


def last_positions(topic: Log, source: str, lease: Lease) -> dict[int, int]:
    """The position of the last valid record of `source` in each partition, NOTHING if there is none.

    Raises Unavailable.
    """
    with open_log(topic) as reader:
        partitions = range(topic.partitions)
        return {partition: _last_position(reader, partition, source, lease) for partition in partitions}


def _last_position(reader: LogReader, partition: int, source: str, lease: Lease) -> int:
    for message in reader.backwards(partition):
        if not lease.counts(partition, message):
            continue
        try:
            record = decode(message.value, message.timestamp)
        except BadMessage:
            log.debug("offset %d of partition %d is not a record", message.offset, partition)
            continue
        if record.source == source:
            return record.position
    return NOTHING


class Publisher:
    """Publishes records after `positions` to one log, under a lease, at most `limit` messages unless that is 0. Between
    them it publishes the extra records that `take_extra` returns.

    `waiting` is set while the broker is slow to acknowledge, `ended` once the source has ended.
    """

    def __init__(
        self,
        topic: Log,
        writer: LogWriter,
        lease: Lease,
        positions: dict[int, int],
        limit: int = 0,
        take_extra: TakeExtra = no_extra,
    ) -> None:
        self._writer, self._lease, self._positions, self._limit = writer, lease, positions, limit
        self._take_extra = take_extra
        self._stamps = [lease.stamp(partition) for partition in range(topic.partitions)]
        self._bootstrap = topic.bootstrap
        self._partitions = topic.partitions
        self._places: dict[str, tuple[int, bytes, bytes]] = {}
        self._marked = time.monotonic()
        self.waiting = False
        self.ended = False

    @property
    def health(self) -> str:
        """The status as shown on the page."""
        if self.ended:
            return FINISHED
        return "waiting" if self.waiting else "running"

    def publish(self, records: Iterable[Record], stop: Event) -> None:
        """Publish until the source ends or `stop` is set.

        Raises Unavailable if the broker rejected a message, PartitionLost if another producer publishes now.
        """
        unmarked, ended = 0, False
        for record in records:
            if isinstance(record, TimeMark) and record.symbol is None:
                unmarked += self._publish_everywhere(record)
            else:
                unmarked += self._publish_one(record)
            if unmarked >= MARK_EVERY or time.monotonic() - self._marked > MARK_SECONDS:
                beat()
                self._publish_extra()
                self._writer.mark()
                unmarked, self._marked = 0, time.monotonic()
                self._settle(MARKS_UNDER_WAY, stop)
            if stop.is_set() or 0 < self._limit <= self._writer.sent:
                break
        else:
            ended = True
        self._writer.mark()
        self._settle(0, stop)
        self.ended = ended

    def _publish_one(self, record: Record) -> int:
        assert record.symbol is not None, "only a time mark may have no symbol"
        place = self._places.get(record.symbol)
        if place is None:
            key = record.symbol.encode()
            partition = partition_of(key, self._partitions)
            place = self._places[record.symbol] = (partition, key, self._stamps[partition])
        partition, key, stamp = place
        if record.position <= self._positions[partition]:
            return 0
        self._writer.send(partition, key, encode(record)[:-1] + stamp)
        return 1

    def _publish_everywhere(self, mark: TimeMark) -> int:
        value = encode(mark)[:-1]
        missing = [partition for partition, last in self._positions.items() if mark.position > last]
        for partition in missing:
            self._writer.send(partition, None, value + self._stamps[partition])
        return len(missing)

    def _publish_extra(self) -> None:
        for partition, record in self._take_extra():
            self._writer.send(partition, None, encode(record)[:-1] + self._stamps[partition])

    def _settle(self, under_way: int, stop: Event) -> None:
        """Wait until at most `under_way` marks are unacknowledged, without limit, but not after a stop.

        Raises Unavailable if the broker is down or acknowledges nothing; the next run reads from the log what was
        published. Raises PartitionLost if another producer publishes now.
        """
        while self._writer.outstanding() > under_way:
            self._require_progress()
            beat()
            settled = self._writer.settle(MARK_SECONDS)
            if not settled and not self.waiting:
                log.warning("Kafka does not acknowledge messages: waiting.")
            elif settled and self.waiting:
                log.info("Kafka acknowledges messages again.")
            self.waiting = not settled
            if not settled:
                require_reachable(self._bootstrap)
            if not settled and stop.is_set():
                return
        self._require_progress()
        self._lease.require(self._writer.first_offsets())

    def _require_progress(self) -> None:
        """Raise Unavailable if nothing was acknowledged for too long although the broker is reachable."""
        if (seconds := self._writer.waited()) > STUCK_SECONDS:
            raise Unavailable(
                f"Kafka at {self._bootstrap} has acknowledged nothing for {seconds:.0f} s: restarting"
            )
