"""The producer: publishes the quotes of its sources to the log, each one once.

    python -m producer.producer                                the sources in .env (SOURCES), by default Yahoo
    python -m producer.producer --replay FILE... --speed 60    recorded files, at sixty times their original speed

After a stop or kill it continues after the last quote in the log. If another producer publishes to the same topic, it
waits, and takes over when that one has ended. Settings: .env, see .env.example.
"""

import logging
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import dropwhile
from threading import Event
from typing import NamedTuple

if __name__ == "__main__":  # Ctrl-C during the imports below ends it at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from producer.publishing.holder import Holder, holder_in, new_name
from producer.publishing.lease import Lease, leased
from producer.publishing.publisher import NOTHING, Publisher, last_positions
from producer.publishing.requests import Requests
from producer.reporting.heartbeat import Condition, heartbeats, no_chores
from producer.sources.replay import ended_by_now, paced
from shared.kafka import Log, LogWriter, make_topics
from shared.market.records import Record
from shared.observability.heartbeat import beat, long_step, wait
from shared.postgres.database import Connection
from shared.recordings.sequence import recorded
from shared.runtime.command_line import run_part
from shared.runtime.lifecycle import PLACES, HeartbeatRow, Stop, instance_name, retry_until_stopped, servers
from shared.settings.config import Config

STANDING_BY = "standing by"

log = logging.getLogger("tickstream.producer")

OPENING_SECONDS = 3600.0
"""Limit for opening a recording: it is ordered by the content of its files, so all of them are read first."""


class RepeatableFeed(NamedTuple):
    """Records that are the same in every run, a task to run once a second while they are published, and the number of
    bars of a history that are still to be published."""

    records: Iterator[Record]
    chores: Callable[[Connection], None]
    bars_left: Callable[[], int]


MakeFeed = Callable[[Config, int, Event], RepeatableFeed]


def _replay(config: Config, after: int, stop: Event) -> RepeatableFeed:
    return RepeatableFeed(_played(config, after, stop), no_chores, lambda: 0)


def _played(config: Config, after: int, stop: Event) -> Iterator[Record]:
    """The records of a replay; published ones are skipped at once, only the rest is paced."""

    def is_published(record: Record) -> bool:
        beat()
        return record.position <= after

    with long_step(OPENING_SECONDS):
        records = recorded(config.producer.replay_files)
    rest = dropwhile(is_published, records)
    in_time = paced(rest, config.producer.replay_speed, time.monotonic, partial(wait, stop))
    yield from ended_by_now(in_time, lambda: datetime.now(UTC))


def _simulated(config: Config, after: int, stop: Event) -> RepeatableFeed:
    """The simulated market with added and without removed symbols. Raises Unavailable."""
    # Imported here, because no other feed needs its numerical libraries.
    from producer.reporting.simulated_symbols import MarketMembership, read_requests
    from producer.sources.simulated import SimulatedMarket

    market = SimulatedMarket(
        config.producer.tickers, config.producer.simulated_seed, config.producer.simulated_rate
    )
    membership = MarketMembership(market)
    membership.begin(read_requests(config))
    records = market.live(after if after != NOTHING else None, lambda: datetime.now(UTC), partial(wait, stop))
    return RepeatableFeed(records, membership.apply_requests, lambda: market.bars_left)


REPEATABLE: dict[str, MakeFeed] = {"replay": _replay, "simulated": _simulated}
"""Sources with the same sequence in every run; each yields at least the records after a position."""


def produce(config: Config, stop: Stop) -> None:
    """Publish until the source ends or `stop` is set; waits for unavailable servers and for another producer.

    Raises ConfigError, or StopPart if a restart would fail the same way.
    """
    with instance_name("producer", config.topic(), config.embedded.data, slots=1) as instance:
        heartbeat_row, name = HeartbeatRow("producer", instance), new_name(instance)
        places = config.embedded.data / PLACES

        def attempt() -> None:
            holder = holder_in(places, config.topic(), name)
            with servers(config) as ready:
                _publish_when_free(ready, holder, heartbeat_row, stop)

        retry_until_stopped("producer", attempt, stop, config.errors)


def _publish_when_free(config: Config, holder: Holder, heartbeat_row: HeartbeatRow, stop: Stop) -> None:
    topic = make_topics(config.kafka.brokers, config.topic(), config.kafka.partitions)

    @contextmanager
    def waiting(other: str) -> Iterator[None]:
        condition = Condition(STANDING_BY, f"{config.feed}: {other} publishes", 0, 0)
        with heartbeats(config, heartbeat_row, lambda: condition), stop.gently():
            yield

    with leased(topic, holder, stop, waiting) as lease:
        if lease is not None:
            _publish(config, topic, lease, heartbeat_row, stop)


def _publish(config: Config, topic: Log, lease: Lease, heartbeat_row: HeartbeatRow, stop: Stop) -> None:
    with closing(LogWriter(topic)) as writer:
        if config.feed == "live":
            _publish_live(config, topic, lease, writer, heartbeat_row, stop)
        else:
            _publish_repeatable(config, topic, lease, writer, heartbeat_row, stop)
        log.info(
            "producer has finished: %d records acknowledged of %d sent", writer.acknowledged, writer.sent
        )


def _condition(config: Config, writer: LogWriter, publisher: Publisher, bars_left: int = 0) -> Condition:
    lag = writer.sent - writer.acknowledged + bars_left
    return Condition(publisher.health, config.feed, lag, writer.acknowledged)


def _publish_repeatable(
    config: Config, topic: Log, lease: Lease, writer: LogWriter, heartbeat_row: HeartbeatRow, stop: Stop
) -> None:
    """Publish a repeatable sequence, from after the last position in the log."""
    positions = last_positions(topic, config.feed, lease)
    after = min(positions.values())
    requests = Requests(topic.partitions)
    publisher = Publisher(topic, writer, lease, positions, config.running.max_messages, requests.take)
    feed = REPEATABLE[config.feed](config, after, stop)

    def condition() -> Condition:
        return _condition(config, writer, publisher, feed.bars_left())

    with (
        heartbeats(config, heartbeat_row, condition, (feed.chores, requests.read)),
        stop.gently(),
    ):
        log.info(
            "producer publishes %s to topic %s, starting after position %d", config.feed, topic.topic, after
        )
        publisher.publish(feed.records, stop)


def _publish_live(
    config: Config, topic: Log, lease: Lease, writer: LogWriter, heartbeat_row: HeartbeatRow, stop: Stop
) -> None:
    """Publish live quotes, after backfilling what was missed since the last run, as far as the providers have it."""
    # Imported here, because no other feed needs its network libraries.
    from producer.headlines.gathering import gathering
    from producer.live_wiring import described, live_market

    positions = dict.fromkeys(range(topic.partitions), NOTHING)
    requests = Requests(topic.partitions)
    with (
        live_market(config, topic, lease, stop) as (market, report),
        gathering(config, topic, lease, lambda: report.listings, stop) as take_headlines,
        stop.gently(),
    ):
        publisher = Publisher(
            *(topic, writer, lease, positions, config.running.max_messages),
            lambda: [*requests.take(), *take_headlines()],
        )
        log.info("producer publishes live quotes to topic %s: %s", topic.topic, described(report.listings))
        chores = report.give, requests.read
        with heartbeats(config, heartbeat_row, lambda: _condition(config, writer, publisher), chores):
            publisher.publish(market.records(stop), stop)


if __name__ == "__main__":
    sys.exit(run_part("producer", __doc__, produce))
