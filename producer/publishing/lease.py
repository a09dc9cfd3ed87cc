"""A lease that lets only one producer at a time publish to a topic, across folders and machines.

The lease is stored in a small topic beside the log, so it also works for producers with different databases. To
publish, a producer writes a claim there. The claim's offset plus one is its epoch, so epochs increase and are unique.
Then it looks up the end of each partition of the log, writes these offsets to the lease topic as its term, and sends a
heartbeat every two seconds. Another producer waits while there are heartbeats. It claims after ten seconds without
one, or if the last one states that the work is over. A producer restarted in the same data folder claims at once: it
knows the names of its earlier runs, and the instance lock shows that they have ended. A copy of the folder, such as on
a clone of the machine, does not count as the same one (`producer/publishing/holder.py`).

Correctness does not depend on heartbeats: records sent by a producer after it was frozen are rejected by their epoch
(`shared/progress/epochs.py`). Messages of other types in the lease topic are ignored.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice

import msgspec

from producer.publishing.holder import Holder
from shared.errors import ConfigError, PartitionLost, Unavailable
from shared.kafka import Log, LogReader, LogWriter, make_lease_topic, open_log
from shared.observability.heartbeat import beat, strand, wait
from shared.progress.epochs import NO_EPOCH, EarlierEpochs, Epoch, EpochMessage, epoch_of, stamp
from shared.progress.offsets import other_partitions

CLAIMS, HEARTBEATS = 0, 1
"""The two partitions of the lease topic."""
HEARTBEAT_SECONDS = 2.0
LEASE_SECONDS = 10.0
"""Time without a heartbeat after which the lease is free."""
LOOK_SECONDS = 0.5
APPEND_SECONDS = 30.0
RELEASE_SECONDS = 1.0
STUCK_SECONDS = 4 * APPEND_SECONDS
"""A thread that for this long neither sent a heartbeat nor had an error hangs."""
STILL_SECONDS = 0.3
"""If the log has not grown for this long, the last request of a killed producer has been processed."""
GROWING_SECONDS = 10.0
GROWING = (
    "A program without a lease publishes to this topic, such as a producer of an earlier version in "
    "another folder or on another machine: stop it"
)
NEWEST = 100
"""Number of messages that are read from the end of the lease topic."""
EPOCHS_KEPT = 8
"""Number of epochs per partition in a term."""

log = logging.getLogger("tickstream.producer")


class Claim(msgspec.Struct, tag="claim"):
    """A producer wants to publish; its epoch is the offset of this message plus one."""

    holder: str


class Term(msgspec.Struct, tag="term"):
    """A producer is about to publish: its intended first offset and the epochs before it, by partition."""

    holder: str
    epoch: int
    begins: list[int]
    before: list[list[Epoch]]


class Heartbeat(msgspec.Struct, tag="beat"):
    """The producer of an epoch is alive, or has ended its work."""

    epoch: int
    is_over: bool = False


_decoder: msgspec.json.Decoder[Claim | Term | Heartbeat] = msgspec.json.Decoder(Claim | Term | Heartbeat)
_encode = msgspec.json.encode


def _newest(reader: LogReader, partition: int) -> Iterator[tuple[int, Claim | Term | Heartbeat]]:
    """The newest messages of the lease topic with their offsets, newest first; unknown messages are skipped."""
    for message in islice(reader.backwards(partition), NEWEST):
        try:
            yield message.offset, _decoder.decode(message.value or b"")
        except (msgspec.DecodeError, RecursionError):  # the latter for deeply nested brackets
            log.debug(
                "offset %d of partition %d of the lease topic is an unknown message",
                message.offset,
                partition,
            )


class Lease:
    """The right to publish in the epoch `number`. `begins` holds the intended first offset by partition, `before` the
    earlier epochs.

    `is_lost` is set when another producer has claimed.
    """

    def __init__(self, number: int, begins: Mapping[int, int], before: EarlierEpochs) -> None:
        self.number, self.begins, self._before = number, begins, before
        self.is_lost = False

    def stamp(self, partition: int) -> bytes:
        """The suffix of each record in this partition."""
        return stamp(Epoch(self.number, self.begins[partition]))

    def counts(self, partition: int, message: EpochMessage) -> bool:
        """Whether an earlier message is valid."""
        return self._before.counts(partition, message)

    def require(self, first_offsets: Mapping[int, int]) -> None:
        """Raise PartitionLost if another producer has claimed, or has published at the offset where this one began."""
        if self.is_lost:
            raise PartitionLost("another producer publishes to this topic now")
        for partition, offset in first_offsets.items():
            if offset != self.begins[partition]:
                raise PartitionLost(
                    f"another producer has published to partition {partition} in the meantime"
                )


class _LeaseState:
    """The state of the lease topic: the last claim, and the last heartbeat of its epoch."""

    def __init__(self, reader: LogReader) -> None:
        self.ends = reader.ends()
        self.epoch, self.holder, self.is_over = 0, "", True
        for offset, claim in _newest(reader, CLAIMS):
            if isinstance(claim, Claim):
                self.epoch, self.holder, self.is_over = offset + 1, claim.holder, False
                break
        for _, heartbeat in _newest(reader, HEARTBEATS):
            if isinstance(heartbeat, Heartbeat) and heartbeat.epoch == self.epoch:
                self.is_over = heartbeat.is_over
                break


@contextmanager
def leased(
    topic: Log,
    holder: Holder,
    stop: threading.Event,
    waiting: Callable[[str], AbstractContextManager[None]],
) -> Iterator[Lease | None]:
    """Hold the lease of a topic while this context is open; None if `stop` was set while another producer held it.

    `waiting` receives the name of the other producer and is open during the wait. Raises Unavailable, PartitionLost if
    another producer claimed at the same time, and ConfigError if the number of partitions changed.
    """
    claims = make_lease_topic(topic)
    if not _free(claims, holder, stop, waiting):
        yield None
        return
    with closing(LogWriter(claims)) as writer:
        lease = _claimed(topic, claims, holder.name, writer)
        over = threading.Event()
        thread = threading.Thread(
            target=_send_heartbeats, args=(claims, writer, lease, over), name="lease", daemon=True
        )
        thread.start()
        try:
            yield lease
        finally:
            over.set()
            thread.join(RELEASE_SECONDS)


def _free(
    claims: Log, holder: Holder, stop: threading.Event, waiting: Callable[[str], AbstractContextManager[None]]
) -> bool:
    """Wait until no other producer holds the lease; returns whether it is free, False if `stop` was set first."""
    with open_log(claims) as reader:
        seen = _LeaseState(reader)
        if seen.is_over or seen.holder == holder.name or seen.holder in holder.ended:
            return True
        log.warning("Another producer (%s) publishes to this topic: waiting until it ends.", seen.holder)
        with waiting(seen.holder):
            silent = 0.0
            while not wait(stop, LOOK_SECONDS):
                now = seen if reader.ends() == seen.ends else _LeaseState(reader)
                # Only time waited here counts: while a broker hangs, no heartbeat can arrive.
                silent = silent + LOOK_SECONDS if now is seen else 0.0
                seen = now
                if seen.is_over or silent > LEASE_SECONDS:
                    log.warning(
                        "The other producer (%s) has ended or sends no heartbeat: taking over.",
                        seen.holder,
                    )
                    return True
    return False


def _claimed(topic: Log, claims: Log, holder: str, writer: LogWriter) -> Lease:
    """Claim, look up the end of the log, and publish the term."""
    with open_log(topic) as reader, open_log(claims) as lease_reader:
        term = _last_term(lease_reader)
        if term is not None and len(term.begins) != topic.partitions:
            raise ConfigError(other_partitions(topic.topic, len(term.begins), topic.partitions))
        _wait_until_still(reader)
        in_log = _highest(reader, topic)
        highest = max(in_log, term.epoch if term else 0)
        at = number = 0
        while number <= highest:
            at = writer.append(CLAIMS, b"claim", _encode(Claim(holder)), APPEND_SECONDS)
            number = at + 1
        begins = reader.ends()
        # If no epoch began yet, the records have none; if the lease topic was lost, the epochs are unknown.
        before = [] if in_log else [NO_EPOCH]
        begun = [_begun(reader, partition, term) if term else before for partition in range(topic.partitions)]
    own = Term(holder, number, [begins[partition] for partition in range(topic.partitions)], begun)
    if writer.append(CLAIMS, b"term %d" % number, _encode(own), APPEND_SECONDS) != at + 1:
        raise PartitionLost("another producer claimed the topic at the same time")
    return Lease(number, begins, EarlierEpochs(dict(enumerate(begun))))


def _last_term(reader: LogReader) -> Term | None:
    """The term of the highest epoch."""
    terms = (message for _, message in _newest(reader, CLAIMS) if isinstance(message, Term))
    return max(terms, key=lambda term: term.epoch, default=None)


def _highest(reader: LogReader, topic: Log) -> int:
    """The highest epoch at the end of the log, which may be missing in the lease topic."""
    last = [next(reader.backwards(partition), None) for partition in range(topic.partitions)]
    return max((epoch_of(message.value).number for message in last if message), default=0)


def _begun(reader: LogReader, partition: int, term: Term) -> list[Epoch]:
    """The newest epochs that began in a partition, by the rule of `shared.progress.epochs.EpochTracker`.

    An earlier epoch may have begun at the offset that the last term intended, with a record that was delayed. If
    retention removed the record at that offset, it is assumed to be that of the last term.
    """
    before, begin = term.before[partition], term.begins[partition]
    if begin < reader.bounds(partition)[0]:
        return [*before, Epoch(term.epoch, begin)][-EPOCHS_KEPT:]
    first = reader.message_at(partition, begin)
    found = NO_EPOCH if first is None else epoch_of(first.value)
    latest = before[-1] if before else NO_EPOCH
    begins = found.begin == begin and found.number > latest.number
    return [*before, found][-EPOCHS_KEPT:] if begins else before


def _wait_until_still(reader: LogReader) -> None:
    """Wait until the log stops growing, as the last request of a killed producer may still be pending.

    Raises Unavailable if it keeps growing.
    """
    before, after, until = None, reader.ends(), time.monotonic() + GROWING_SECONDS
    while before != after:
        if time.monotonic() > until:
            raise Unavailable(GROWING)
        time.sleep(STILL_SECONDS)
        before, after = after, reader.ends()


def _send_heartbeats(claims: Log, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    """Send heartbeats until the work is over or another producer has claimed."""
    with strand(STUCK_SECONDS):
        while not (over.is_set() or lease.is_lost):
            beat()
            try:
                with open_log(claims) as reader:
                    _keep_sending(reader, writer, lease, over)
            except Unavailable as error:
                log.debug("no heartbeat sent: %s", error)
                over.wait(HEARTBEAT_SECONDS)


def _keep_sending(reader: LogReader, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    while not over.is_set():
        beat()
        if reader.ends()[CLAIMS] > lease.number + 1:
            lease.is_lost = True
            log.warning("Another producer publishes to this topic now.")
            return
        writer.append(HEARTBEATS, b"beat", _encode(Heartbeat(lease.number)), APPEND_SECONDS)
        over.wait(HEARTBEAT_SECONDS)
    writer.append(HEARTBEATS, b"beat", _encode(Heartbeat(lease.number, is_over=True)), RELEASE_SECONDS)
