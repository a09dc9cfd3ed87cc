"""Which producer publishes to a topic: one at a time, whatever folder or machine it runs on.

The lease is kept in a small topic beside the log, so producers with different databases agree too. A producer that
wants to publish writes a claim there. The claim's offset plus one is its epoch: epochs rise, and no two producers have
the same one. Then it looks up where each partition of the log ends, writes these offsets into the lease topic as its
term, and sends a heartbeat every two seconds. Another producer waits while there are heartbeats. It claims when there
was none for ten seconds, or when the last one says that the work is over. A producer that is started again in its own
place claims at once: it knows the names of its earlier runs, and a lock on that place shows that they have ended. A
copy of the place, such as on a clone of the machine, does not count as the same one (`producer/publishing/holder.py`).

Correctness does not depend on heartbeats: what a producer sends after it was frozen is set aside by its epoch
(`shared/runtime/epochs.py`). A message in the lease topic that is none of these three is passed over.
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
from shared.kafka import Log, LogBrowser, LogWriter, browse, make_lease_topic
from shared.observability.heartbeat import beat, strand, wait
from shared.runtime.epochs import NO_EPOCH, Carrier, EarlierEpochs, Epoch, epoch_of, stamp
from shared.runtime.offsets import other_partitions

CLAIMS, HEARTBEATS = 0, 1
"""The two partitions of the lease's topic."""
HEARTBEAT_SECONDS = 2.0
LEASE_SECONDS = 10.0
"""Without a heartbeat, after which the lease is free."""
LOOK_SECONDS = 0.5
APPEND_SECONDS = 30.0
FAREWELL_SECONDS = 1.0
STUCK_SECONDS = 4 * APPEND_SECONDS
"""A thread that sent no heartbeat and met no error for so long hangs."""
STILL_SECONDS = 0.3
"""A log that has not grown for so long has taken the last request of a producer that was killed."""
GROWING_SECONDS = 10.0
GROWING = (
    "Somebody who takes no part in the lease publishes to this topic, such as a producer of an earlier version in "
    "another folder or on another machine: stop it"
)
NEWEST = 100
"""Messages of the lease topic that are looked at, from its end."""
EPOCHS_KEPT = 8
"""In a term, by partition."""

log = logging.getLogger("tickstream.producer")


class Claim(msgspec.Struct, tag="claim"):
    """A producer wants to publish; its epoch is the offset of this message plus one."""

    holder: str


class Term(msgspec.Struct, tag="term"):
    """A producer is about to publish: the offset at which it means to begin, and the epochs before it, by partition."""

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


def _newest(browser: LogBrowser, partition: int) -> Iterator[tuple[int, Claim | Term | Heartbeat]]:
    """The newest messages of the lease topic with their offsets, from its end; others than ours are passed over."""
    for message in islice(browser.backwards(partition), NEWEST):
        try:
            yield message.offset, _decoder.decode(message.value or b"")
        except (msgspec.DecodeError, RecursionError):  # the latter for brackets without end
            log.debug(
                "offset %d of partition %d of the lease topic is no message of ours",
                message.offset,
                partition,
            )


class Lease:
    """The right to publish in the epoch `number`. `begins` are the offsets at which it means to begin, by partition;
    `before` are the epochs that came before it.

    `is_lost` is set when another producer has claimed.
    """

    def __init__(self, number: int, begins: Mapping[int, int], before: EarlierEpochs) -> None:
        self.number, self.begins, self._before = number, begins, before
        self.is_lost = False

    def stamp(self, partition: int) -> bytes:
        """What each record ends with in this partition."""
        return stamp(Epoch(self.number, self.begins[partition]))

    def counts(self, partition: int, message: Carrier) -> bool:
        """Whether a message that was there before counts, or was set aside."""
        return self._before.counts(partition, message)

    def require(self, first_offsets: Mapping[int, int]) -> None:
        """Raises PartitionLost where another producer has claimed, or has published where this one began."""
        if self.is_lost:
            raise PartitionLost("another producer publishes to this topic now")
        for partition, offset in first_offsets.items():
            if offset != self.begins[partition]:
                raise PartitionLost(f"another producer has published to partition {partition} meanwhile")


class _Seen:
    """What the lease topic holds: the last claim, and the last heartbeat of its epoch."""

    def __init__(self, browser: LogBrowser) -> None:
        self.ends = browser.ends()
        self.epoch, self.holder, self.is_over = 0, "", True
        for offset, claim in _newest(browser, CLAIMS):
            if isinstance(claim, Claim):
                self.epoch, self.holder, self.is_over = offset + 1, claim.holder, False
                break
        for _, heartbeat in _newest(browser, HEARTBEATS):
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
    """The lease of a topic while this is open; None where `stop` was set while another producer had it.

    `waiting` is open as long as that one, whose name it is given, is waited for. Raises Unavailable, PartitionLost
    where another producer claimed at the same moment, and ConfigError where the number of partitions is another one.
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
            thread.join(FAREWELL_SECONDS)


def _free(
    claims: Log, holder: Holder, stop: threading.Event, waiting: Callable[[str], AbstractContextManager[None]]
) -> bool:
    """Wait until nobody else has the lease; whether it is so, and no stop came first."""
    with browse(claims) as browser:
        seen = _Seen(browser)
        if seen.is_over or seen.holder == holder.name or seen.holder in holder.ended:
            return True
        log.warning(
            "Another producer (%s) publishes to this topic: this one waits until that one ends.", seen.holder
        )
        with waiting(seen.holder):
            silent = 0.0
            while not wait(stop, LOOK_SECONDS):
                now = seen if browser.ends() == seen.ends else _Seen(browser)
                # Only time waited here counts: while a broker hangs, no heartbeat arrives, whoever sends it.
                silent = silent + LOOK_SECONDS if now is seen else 0.0
                seen = now
                if seen.is_over or silent > LEASE_SECONDS:
                    log.warning(
                        "The other producer (%s) has ended or does not answer: this one takes over.",
                        seen.holder,
                    )
                    return True
    return False


def _claimed(topic: Log, claims: Log, holder: str, writer: LogWriter) -> Lease:
    """Claim, look where the log ends, and write the term down."""
    with browse(topic) as browser, browse(claims) as lease_browser:
        term = _last_term(lease_browser)
        if term is not None and len(term.begins) != topic.partitions:
            raise ConfigError(other_partitions(topic.topic, len(term.begins), topic.partitions))
        _wait_until_still(browser)
        in_log = _highest(browser, topic)
        highest = max(in_log, term.epoch if term else 0)
        at = number = 0
        while number <= highest:
            at = writer.append(CLAIMS, b"claim", _encode(Claim(holder)), APPEND_SECONDS)
            number = at + 1
        begins = browser.ends()
        # A log in which no epoch began yet has records without any; of one whose leases are gone nothing is known.
        before = [] if in_log else [NO_EPOCH]
        begun = [
            _begun(browser, partition, term) if term else before for partition in range(topic.partitions)
        ]
    own = Term(holder, number, [begins[partition] for partition in range(topic.partitions)], begun)
    if writer.append(CLAIMS, b"term %d" % number, _encode(own), APPEND_SECONDS) != at + 1:
        raise PartitionLost("another producer claimed the topic at the same moment")
    return Lease(number, begins, EarlierEpochs(dict(enumerate(begun))))


def _last_term(browser: LogBrowser) -> Term | None:
    """The term of the highest epoch."""
    terms = (message for _, message in _newest(browser, CLAIMS) if isinstance(message, Term))
    return max(terms, key=lambda term: term.epoch, default=None)


def _highest(browser: LogBrowser, topic: Log) -> int:
    """The highest epoch at the ends of the log: the lease's topic may have lost what the log still has."""
    last = [next(browser.backwards(partition), None) for partition in range(topic.partitions)]
    return max((epoch_of(message.value).number for message in last if message), default=0)


def _begun(browser: LogBrowser, partition: int, term: Term) -> list[Epoch]:
    """The newest epochs that began in a partition, by the rule of its readers: see `shared.runtime.epochs.Succession`.

    At the offset at which the last term meant to begin an earlier epoch may have begun instead: nothing lay there, and
    its record was on its way for long. Where retention removed the record there, it was that of the last term.
    """
    before, begin = term.before[partition], term.begins[partition]
    if begin < browser.bounds(partition)[0]:
        return [*before, Epoch(term.epoch, begin)][-EPOCHS_KEPT:]
    first = browser.message_at(partition, begin)
    found = NO_EPOCH if first is None else epoch_of(first.value)
    latest = before[-1] if before else NO_EPOCH
    begins = found.begin == begin and found.number > latest.number
    return [*before, found][-EPOCHS_KEPT:] if begins else before


def _wait_until_still(browser: LogBrowser) -> None:
    """Return once the log grows no more: the last request of a producer that was killed may still be on its way.

    Raises Unavailable where it goes on growing.
    """
    before, after, until = None, browser.ends(), time.monotonic() + GROWING_SECONDS
    while before != after:
        if time.monotonic() > until:
            raise Unavailable(GROWING)
        time.sleep(STILL_SECONDS)
        before, after = after, browser.ends()


def _send_heartbeats(claims: Log, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    """Send heartbeats until the work is over or another producer has claimed."""
    with strand(STUCK_SECONDS):
        while not (over.is_set() or lease.is_lost):
            beat()
            try:
                with browse(claims) as browser:
                    _keep_sending(browser, writer, lease, over)
            except Unavailable as error:
                log.debug("no heartbeat: %s", error)
                over.wait(HEARTBEAT_SECONDS)


def _keep_sending(browser: LogBrowser, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    while not over.is_set():
        beat()
        if browser.ends()[CLAIMS] > lease.number + 1:
            lease.is_lost = True
            log.warning("Another producer publishes to this topic now.")
            return
        writer.append(HEARTBEATS, b"beat", _encode(Heartbeat(lease.number)), APPEND_SECONDS)
        over.wait(HEARTBEAT_SECONDS)
    writer.append(HEARTBEATS, b"beat", _encode(Heartbeat(lease.number, is_over=True)), FAREWELL_SECONDS)
