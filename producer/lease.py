"""Which producer publishes to a topic: one at a time, whatever folder or machine it runs on.

The truth lies in a small topic beside the log, so producers with different databases agree too. Whoever wants to
publish writes a claim there; its offset plus one is the epoch, so epochs rise and no two producers have the same. Then
it looks where each partition of the log ends, writes that down as its term, and gives a beat every other second.
Another producer waits while there are beats, and claims when there was none for ten seconds or the last one was a
farewell. One that is started again in its own place claims at once: a lock on that place keeps others out.

Nothing depends on the beats alone: what a producer sends that was frozen and wakes is set aside by its epoch
(`shared/epochs.py`).
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from itertools import islice

import msgspec

from shared.epochs import NO_EPOCH, Carrier, Epoch, Runs, epoch_of, stamp
from shared.errors import ConfigError, PartitionLost, Unavailable
from shared.kafka import Log, LogBrowser, LogWriter, browse, make_lease_topic
from shared.progress import other_partitions
from shared.pulse import wait

CLAIMS, BEATS = 0, 1
"""The two partitions of the lease's topic."""
BEAT_SECONDS = 2.0
LEASE_SECONDS = 10.0
LOOK_SECONDS = 0.5
APPEND_SECONDS = 30.0
FAREWELL_SECONDS = 1.0
STILL_SECONDS = 0.3
NEWEST = 100
RUNS_KEPT = 8

log = logging.getLogger("tickstream.producer")


class Claim(msgspec.Struct, tag="claim"):
    """Somebody wants to publish; the epoch is one more than the offset of this message."""

    holder: str


class Term(msgspec.Struct, tag="term"):
    """An epoch is about to publish: where it means to begin, and which epochs had begun before, by partition."""

    holder: str
    epoch: int
    begins: list[int]
    before: list[list[Epoch]]


class Beat(msgspec.Struct, tag="beat"):
    """The holder of an epoch lives, or has ended its work."""

    epoch: int
    is_over: bool = False


_decoder: msgspec.json.Decoder[Claim | Term | Beat] = msgspec.json.Decoder(Claim | Term | Beat)
_encode = msgspec.json.encode


def _said(message: Carrier) -> Claim | Term | Beat | None:
    """What a message of the lease's topic says; None where it is none of ours: others may write there too."""
    try:
        return _decoder.decode(message.value or b"")
    except (msgspec.DecodeError, RecursionError):  # the latter for brackets without end
        return None


class Lease:
    """The right to publish in one epoch. `begins` is where it means to begin, by partition; `runs` came before.

    `is_lost` is set when another producer has claimed.
    """

    def __init__(self, number: int, begins: Mapping[int, int], runs: Runs) -> None:
        self.number, self.begins, self._runs = number, begins, runs
        self.is_lost = False

    def stamp(self, partition: int) -> bytes:
        """What each record ends with in this partition."""
        return stamp(Epoch(self.number, self.begins[partition]))

    def counts(self, partition: int, message: Carrier) -> bool:
        """Whether a message that was there before counts, or was set aside."""
        return self._runs.counts(partition, message)

    def require(self, first_offsets: Mapping[int, int]) -> None:
        """Raises PartitionLost where another producer has claimed, or has published where this one began."""
        if self.is_lost:
            raise PartitionLost("another producer publishes to this topic now")
        for partition, offset in first_offsets.items():
            if offset != self.begins[partition]:
                raise PartitionLost(f"another producer has published to partition {partition} meanwhile")


class _Seen:
    """What the lease's topic says: the last claim, and the last beat of that epoch."""

    def __init__(self, browser: LogBrowser) -> None:
        self.ends = browser.ends()
        self.epoch, self.holder, self.is_over = 0, "", True
        for message in islice(browser.backwards(CLAIMS), NEWEST):
            said = _said(message)
            if isinstance(said, Claim):
                self.epoch, self.holder, self.is_over = message.offset + 1, said.holder, False
                break
        for message in islice(browser.backwards(BEATS), NEWEST):
            beat = _said(message)
            if isinstance(beat, Beat) and beat.epoch == self.epoch:
                self.is_over = beat.is_over
                break


def holder_of(instance: str) -> str:
    """A name that no producer in another folder or on another machine has."""
    return f"{instance}-{uuid.getnode():x}"


@contextmanager
def leased(
    topic: Log,
    holder: str,
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
        lease = _claimed(topic, claims, holder, writer)
        over = threading.Event()
        thread = threading.Thread(target=_beat, args=(claims, writer, lease, over), name="lease", daemon=True)
        thread.start()
        try:
            yield lease
        finally:
            over.set()
            thread.join(FAREWELL_SECONDS)


def _free(
    claims: Log, holder: str, stop: threading.Event, waiting: Callable[[str], AbstractContextManager[None]]
) -> bool:
    """Wait until nobody else has the lease; whether it is so, and no stop came first."""
    with browse(claims) as browser:
        seen = _Seen(browser)
        if seen.is_over or seen.holder == holder:
            return True
        log.warning(
            "Another producer (%s) publishes to this topic: this one waits to take over.", seen.holder
        )
        with waiting(seen.holder):
            silent = 0.0
            while not wait(stop, LOOK_SECONDS):
                now = seen if browser.ends() == seen.ends else _Seen(browser)
                # Only what was waited here counts: a broker that hangs for a while keeps everybody's beats back.
                silent = silent + LOOK_SECONDS if now is seen else 0.0
                seen = now
                if seen.is_over or silent > LEASE_SECONDS:
                    log.warning("The other producer (%s) is gone: this one takes over.", seen.holder)
                    return True
    return False


def _claimed(topic: Log, claims: Log, holder: str, writer: LogWriter) -> Lease:
    """Claim, look where the log ends, and write the term down."""
    with browse(topic) as browser, browse(claims) as lease_browser:
        term = _last_term(lease_browser)
        if term is not None and len(term.begins) != topic.partitions:
            raise ConfigError(other_partitions(topic.topic, len(term.begins), topic.partitions))
        wait_until_still(browser)
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
    said = Term(holder, number, [begins[partition] for partition in range(topic.partitions)], begun)
    if writer.append(CLAIMS, b"term %d" % number, _encode(said), APPEND_SECONDS) != at + 1:
        raise PartitionLost("another producer claimed the topic at the same moment")
    return Lease(number, begins, Runs(dict(enumerate(begun))))


def _last_term(browser: LogBrowser) -> Term | None:
    """The term of the highest epoch."""
    said = [_said(message) for message in islice(browser.backwards(CLAIMS), NEWEST)]
    return max((each for each in said if isinstance(each, Term)), key=lambda each: each.epoch, default=None)


def _highest(browser: LogBrowser, topic: Log) -> int:
    """The highest epoch at the ends of the log: the lease's topic may have lost what the log still has."""
    last = [next(browser.backwards(partition), None) for partition in range(topic.partitions)]
    return max((epoch_of(message.value).number for message in last if message), default=0)


def _begun(browser: LogBrowser, partition: int, term: Term) -> list[Epoch]:
    """The newest epochs that began in a partition: that of the last term did where its first record lies as planned."""
    before = term.before[partition]
    epoch = Epoch(term.epoch, term.begins[partition])
    first = browser.message_at(partition, epoch.begin)
    begun = [*before, epoch] if first is not None and epoch_of(first.value) == epoch else before
    return begun[-RUNS_KEPT:]


def wait_until_still(browser: LogBrowser) -> None:
    """Let the last request of a producer that was killed a moment ago reach the log."""
    before, after = None, browser.ends()
    while before != after:
        time.sleep(STILL_SECONDS)
        before, after = after, browser.ends()


def _beat(claims: Log, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    """Tell the others that the holder lives, until it is over or another one has claimed."""
    while not (over.is_set() or lease.is_lost):
        try:
            with browse(claims) as browser:
                _beat_on(browser, writer, lease, over)
        except Unavailable as error:
            log.debug("no beat: %s", error)
            over.wait(BEAT_SECONDS)


def _beat_on(browser: LogBrowser, writer: LogWriter, lease: Lease, over: threading.Event) -> None:
    while not over.is_set():
        if browser.ends()[CLAIMS] > lease.number + 1:
            lease.is_lost = True
            log.warning("Another producer publishes to this topic now.")
            return
        writer.append(BEATS, b"beat", _encode(Beat(lease.number)), APPEND_SECONDS)
        over.wait(BEAT_SECONDS)
    writer.append(BEATS, b"beat", _encode(Beat(lease.number, is_over=True)), FAREWELL_SECONDS)
