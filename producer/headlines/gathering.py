"""Runs the newsroom of a live producer: what the log and the tables have already is read first."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from producer.headlines.newsroom import FIRST_SECONDS, Newsroom
from producer.headlines.sources import source_of
from producer.publishing.lease import Lease
from producer.store.headlines import analysed_until, stored_headlines
from shared.errors import BadMessage
from shared.kafka import Log, LogReader, open_log
from shared.market.listings import Listings
from shared.market.messages import decode
from shared.market.records import Headline
from shared.postgres.database import connect, transaction
from shared.runtime.background import in_background
from shared.runtime.reconnecting import Reconnecting, Refusal
from shared.settings.config import Config

IDLE_SECONDS = 1.0
JOIN_SECONDS = 0.5
"""Seconds to wait at the end for a pending request."""
REFUSED_SECONDS = 60.0
KIND = b'"headline.v1"'

log = logging.getLogger("tickstream.producer")
GATHERING = Reconnecting(
    log, "headlines are not read yet", Refusal("Headlines can't be read", REFUSED_SECONDS), IDLE_SECONDS
)


@contextmanager
def gathering(
    config: Config, topic: Log, lease: Lease, listings: Callable[[], Listings], stop: Event
) -> Iterator[Callable[[], list[tuple[int, Headline]]]]:
    """The newsroom at work: what it yields returns the headlines to publish, each with its partition."""
    news = config.news
    kind = news.source_for(config.feed)
    if kind == "off":
        yield list
        return
    max_age = timedelta(days=news.max_age)
    source = source_of(kind, news, config.providers, stop)
    newsroom = Newsroom(source, listings, news.interval, max_age, topic.partitions)
    read_known = partial(_read_known, config, topic, lease, newsroom, max_age)
    work = partial(_work, newsroom, read_known, min(FIRST_SECONDS, news.interval))
    with in_background(lambda over: GATHERING.run(partial(work, over), over), "headlines", JOIN_SECONDS):
        yield newsroom.take


def _work(newsroom: Newsroom, read_known: Callable[[], None], first: float, over: Event) -> None:
    """Ask the source until the end. Raises as the database and Kafka do."""
    read_known()
    over.wait(first)
    while not over.is_set():
        if not newsroom.step(time.monotonic()):
            over.wait(IDLE_SECONDS)


def _read_known(config: Config, topic: Log, lease: Lease, newsroom: Newsroom, max_age: timedelta) -> None:
    """Note the headlines in the tables, and those in the log that the analysis has not read yet."""
    dsn = config.postgres.dsn_for(config.database())
    with closing(connect(dsn, "producer")) as connection, transaction(connection) as cursor:
        reached = analysed_until(cursor, config.kafka.group_id, topic.topic)
        for stored in stored_headlines(cursor, datetime.now(UTC) - 2 * max_age):
            newsroom.known.add(*stored)
    with open_log(topic) as reader:
        for partition in range(topic.partitions):
            for headline in _headlines_after(reader, partition, reached.get(partition, 0), lease):
                newsroom.known.take_new(headline)


def _headlines_after(reader: LogReader, partition: int, offset: int, lease: Lease) -> Iterator[Headline]:
    first, end = reader.bounds(partition)
    for messages in reader.forwards(partition, max(first, offset), end):
        for message in messages:
            if KIND not in (message.value or b"") or not lease.counts(partition, message):
                continue
            try:
                record = decode(message.value, message.timestamp)
            except BadMessage:
                continue
            if isinstance(record, Headline):
                yield record
