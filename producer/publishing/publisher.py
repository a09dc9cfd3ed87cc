"""Records onto the topic, keyed by symbol, each once.

A source gives one sequence with rising positions. At a start the tail of each partition says which position is the
last one of its own there, and everything up to it is left out: a producer that was killed publishes nothing twice
and skips nothing. A time mark goes to every partition. Each record ends with the epoch of the lease that it is
published under: what one sends whose lease is lost is set aside.
"""

import logging
import time
from collections.abc import Iterable
from threading import Event

from producer.publishing.lease import Lease
from shared.errors import BadMessage, Unavailable
from shared.kafka import Log, LogBrowser, LogWriter, browse, partition_of, require_reachable
from shared.market.messages import decode, encode
from shared.market.records import Record, TimeMark
from shared.observability.heartbeat import beat

MARK_EVERY = 2_000
MARK_SECONDS = 1.0
MARKS_UNDER_WAY = 8
STUCK_SECONDS = 60.0
"""A broker that can be reached acknowledges sooner, or the thread that sends to it hangs."""
NOTHING = -1
FINISHED = "finished"

log = logging.getLogger("tickstream.producer")


def last_positions(topic: Log, source: str, lease: Lease) -> dict[int, int]:
    """The position of the last record of `source` that counts in each partition, NOTHING where there is none.

    Raises Unavailable.
    """
    with browse(topic) as browser:
        partitions = range(topic.partitions)
        return {partition: _last_position(browser, partition, source, lease) for partition in partitions}


def _last_position(browser: LogBrowser, partition: int, source: str, lease: Lease) -> int:
    for message in browser.backwards(partition):
        if not lease.counts(partition, message):
            continue
        try:
            record = decode(message.value, message.timestamp)
        except BadMessage:
            log.debug("offset %d of partition %d is no record", message.offset, partition)
            continue
        if record.source == source:
            return record.position
    return NOTHING


class Publisher:
    """Publishes to one log, under a lease, what lies behind `positions`, at most `limit` messages where that is not 0.

    `waiting` says that the broker is slow to acknowledge, `ended` that the source is through.
    """

    def __init__(
        self, topic: Log, writer: LogWriter, lease: Lease, positions: dict[int, int], limit: int = 0
    ) -> None:
        self._writer, self._lease, self._positions, self._limit = writer, lease, positions, limit
        self._stamps = [lease.stamp(partition) for partition in range(topic.partitions)]
        self._bootstrap = topic.bootstrap
        self._partitions = topic.partitions
        self._places: dict[str, tuple[int, bytes, bytes]] = {}
        self._marked = time.monotonic()
        self.waiting = False
        self.ended = False

    @property
    def health(self) -> str:
        """In the words of the status strip."""
        if self.ended:
            return FINISHED
        return "waiting" if self.waiting else "running"

    def publish(self, records: Iterable[Record], stop: Event) -> None:
        """Publish until the source ends or `stop` is set.

        Raises Unavailable where the broker refused for good, PartitionLost where another producer publishes now.
        """
        unmarked, ended = 0, False
        for record in records:
            if isinstance(record, TimeMark) and record.symbol is None:
                unmarked += self._publish_everywhere(record)
            else:
                unmarked += self._publish_one(record)
            if unmarked >= MARK_EVERY or time.monotonic() - self._marked > MARK_SECONDS:
                beat()
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
        assert record.symbol is not None, "only a time mark may be without"
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

    def _settle(self, under_way: int, stop: Event) -> None:
        """Wait until no more than so many marks are unacknowledged, for ever if need be, but not past a stop.

        Raises Unavailable where the broker is gone, or acknowledges nothing: the next run reads from the log what had
        reached it. Raises PartitionLost where another producer publishes now.
        """
        while self._writer.outstanding() > under_way:
            self._require_progress()
            beat()
            settled = self._writer.settle(MARK_SECONDS)
            if not settled and not self.waiting:
                log.warning("Kafka does not acknowledge: waiting for it.")
            elif settled and self.waiting:
                log.info("Kafka acknowledges again.")
            self.waiting = not settled
            if not settled:
                require_reachable(self._bootstrap)
            if not settled and stop.is_set():
                return
        self._require_progress()
        self._lease.require(self._writer.first_offsets())

    def _require_progress(self) -> None:
        """Raises Unavailable where nothing was acknowledged for too long, though the broker takes connections."""
        if (seconds := self._writer.waited()) > STUCK_SECONDS:
            raise Unavailable(
                f"Kafka at {self._bootstrap} has acknowledged nothing for {seconds:.0f} s: sending begins anew"
            )
