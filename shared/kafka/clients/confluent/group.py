"""A member of a consumer group with confluent-kafka."""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Received

from shared.errors import PartitionLost, Unavailable
from shared.kafka.clients.calls import (
    FETCH_BYTES,
    MAX_POLL_INTERVAL_MS,
    SESSION_TIMEOUT_MS,
    Member,
    Rebalance,
)
from shared.kafka.clients.confluent.message import Fetched
from shared.kafka.clients.confluent.settings import (
    CONNECT_SECONDS,
    Setting,
    confluent_errors,
    consumer_settings,
    free,
    passes,
    require_known,
    unavailable,
)
from shared.kafka.connection import Log
from shared.kafka.fetch_pace import SILENCE, Gathering
from shared.kafka.message import Message

JOINING_SECONDS = 0.02
"""A poll ends this soon after its member has joined: the partitions are paused until they are sought."""
TAKE_UP_SECONDS = 0.001
AFTER_ERROR_MS = 2_000
"""Pause of fetches after an error, such as a topic that has another id, by default half a second. Twice the time after
which the loop compares the log: see `shared/consumer_loop/continuity.py`."""
log = logging.getLogger("tickstream.kafka")


class ConfluentGroup:
    """See `GroupClient`."""

    def __init__(self, member: Member, rebalance: Rebalance) -> None:
        self._bootstrap, self._topic = member.log.bootstrap, member.log.topic
        self._rebalance, self._is_member = rebalance, False
        self._gathering, self._few = member.gathering, False
        self._next: dict[int, int] = {}
        with confluent_errors(self._bootstrap):
            self._consumer = Consumer(_settings(member))
        try:
            self._join(member.log)
        except Unavailable:
            self.close()
            raise

    def _join(self, log_: Log) -> None:
        require_known(self._consumer, log_)
        with confluent_errors(self._bootstrap):
            self._subscribe()

    def _subscribe(self) -> None:
        self._must_rejoin = False
        self._consumer.subscribe(
            [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
        )

    def _on_assign(self, consumer: Consumer, assigned: list[TopicPartition]) -> None:
        """Take up the partitions, paused: what is fetched from another offset before `seek` would be dropped."""
        if any(where.topic != self._topic for where in assigned):
            # Of another topic that this static member read a moment ago; the group assigns anew only if asked to.
            consumer.assign([])
            self._must_rejoin = True
            return
        # Any offset: without one, the client would first ask for that committed to Kafka.
        consumer.assign([TopicPartition(where.topic, where.partition, 0) for where in assigned])
        consumer.pause(assigned)
        self._is_member = True
        self._rebalance.assigned({where.partition for where in assigned})

    def _on_revoke(self, _consumer: Consumer, revoked: list[TopicPartition]) -> None:
        self._is_member = False
        for where in revoked:
            self._next.pop(where.partition, None)
        self._rebalance.revoked({where.partition for where in revoked if where.topic == self._topic})

    def poll(self, timeout_ms: int, max_records: int) -> dict[int, list[Message]]:
        """See `GroupClient`."""
        if self._few:
            time.sleep(self._gathering.milliseconds / 1000)
        with confluent_errors(self._bootstrap):
            if self._must_rejoin:
                self._subscribe()
            received = self._first(timeout_ms / 1000)
            if received:
                # With a timeout the client would wait until so many are there.
                received += self._consumer.consume(max_records - len(received), 0)
        self._few = 0 < len(received) < self._gathering.messages
        return self._by_partition(received)

    def gather(self, gathering: Gathering) -> None:
        """See `GroupClient`: a poll does so, because the client's fetches can't be changed while it runs."""
        self._gathering = gathering

    def _first(self, seconds: float) -> list[Received]:
        """At most one message, waited for."""
        until, found = time.monotonic() + seconds, list[Received]()
        if self._is_member:
            found = self._consumer.consume(1, seconds)
        while not (found or self._is_member or self._must_rejoin) and (left := until - time.monotonic()) > 0:
            found = self._consumer.consume(1, min(JOINING_SECONDS, left))
        return found

    def _by_partition(self, received: list[Received]) -> dict[int, list[Message]]:
        """The messages of partitions that were sought; those fetched between assignment and pause are dropped."""
        found = defaultdict[int, list[Message]](list)
        for each in received:
            if each.error() is not None:
                self._check(each.error())
            elif each.partition() in self._next:
                found[each.partition()].append(
                    Fetched(
                        each.offset(), each.timestamp()[1], each.key(), each.value(), each.headers() or ()
                    )
                )
        for partition, messages in found.items():
            self._next[partition] = messages[-1].offset + 1
        return found

    def _check(self, error: KafkaError) -> None:
        """Raise what an error means, unless it passes."""
        if error.code() == KafkaError._FATAL:
            raise PartitionLost(f"another process joined the group as this instance: {error.str()}")
        if not passes(error):
            raise unavailable(self._bootstrap, error)
        log.debug("the Kafka client goes on after: %s", error)

    def seek(self, partition: int, offset: int) -> None:
        """See `GroupClient`."""
        where = TopicPartition(self._topic, partition, offset)
        until = time.monotonic() + CONNECT_SECONDS
        with confluent_errors(self._bootstrap):
            while not self._is_sought(where):
                if time.monotonic() > until:
                    raise Unavailable(f"Kafka at {self._bootstrap}: partition {partition} is not taken up")
                time.sleep(TAKE_UP_SECONDS)
            if partition not in self._next:
                self._consumer.resume([where])
        self._next[partition] = offset

    def _is_sought(self, where: TopicPartition) -> bool:
        """Seek; returns whether the client has already taken up the partition in its own thread."""
        try:
            self._consumer.seek(where)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:
                raise
            return False
        return True

    def bounds(self, partition: int) -> tuple[int, int]:
        """See `GroupClient`."""
        where = TopicPartition(self._topic, partition)
        with confluent_errors(self._bootstrap):
            first, end = self._consumer.get_watermark_offsets(where, timeout=CONNECT_SECONDS)
        return first, end

    def lag(self) -> int:
        """See `GroupClient`."""
        waiting = 0
        with confluent_errors(self._bootstrap):
            for partition, position in self._next.items():
                where = TopicPartition(self._topic, partition)
                # Before the first response the end is a negative number.
                waiting += max(0, self._consumer.get_watermark_offsets(where, cached=True)[1] - position)
        return waiting

    def report(self, offsets: Mapping[int, int]) -> None:
        """See `GroupClient`. A static member outside its group would be taken for another one, and fenced."""
        if not self._is_member:
            return
        positions = [TopicPartition(self._topic, *position) for position in offsets.items()]
        try:
            self._consumer.commit(offsets=positions, asynchronous=True)
        except KafkaException as error:
            log.debug("offsets not reported: %s", error)

    def close(self) -> None:
        """See `GroupClient`. A static member does not leave its group in any case."""
        clients: list[object] = [self._consumer]
        del self._consumer
        free(clients)


def _settings(member: Member) -> dict[str, Setting]:
    return {
        **consumer_settings(member.log.brokers),
        "group.id": member.group,
        "group.instance.id": member.instance,
        "partition.assignment.strategy": "range,roundrobin",
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "max.poll.interval.ms": MAX_POLL_INTERVAL_MS,
        "enable.partition.eof": False,
        "auto.offset.reset": "earliest",
        "max.partition.fetch.bytes": FETCH_BYTES,
        "fetch.wait.max.ms": SILENCE.milliseconds,
        "fetch.error.backoff.ms": AFTER_ERROR_MS,
    }
