"""Scenario: two producers on one Kafka and topic, started in different folders or on different machines.

One publishes; records of the second one, or of the first one after it was frozen, are not used.
"""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from copy import copy
from pathlib import Path
from threading import Event

import pytest
from psycopg2.extensions import make_dsn

from dashboard.presenters.panels import part_items
from dashboard.read.sql.queries import read_parts
from producer.producer import produce
from producer.publishing.holder import Holder
from producer.publishing.lease import leased
from producer.publishing.publisher import Publisher, last_positions
from shared.errors import PartitionLost
from shared.kafka import LogWriter
from shared.market.messages import encode
from shared.market.records import Quote
from shared.postgres.database import connect, transaction
from shared.progress.epochs import Epoch, stamp
from shared.recordings.sequence import recorded
from tests.integration.desk import Desk
from tests.reports.log.folded_logs import assert_every_quote_counts_once
from tests.slowness import PATIENCE
from tests.waiting import wait_for

SPEED = "3"
"""The first one has to publish for as long as the second one takes to start on a busy machine."""


def elsewhere(desk: Desk, folder: Path) -> Desk:
    """The same Kafka and topic, seen from another folder with another database."""
    other = copy(desk)
    dsn = make_dsn(desk.settings["POSTGRES_DSN"], dbname=f"{desk.config.database()}_elsewhere")
    other.settings = desk.settings | {"TICKSTREAM_DATA": str(folder), "POSTGRES_DSN": dsn}
    return other


@contextmanager
def at_work(desk: Desk) -> "Iterator[subprocess.Popen[str]]":
    """A producer as a process of its own."""
    producer = desk.start("producer")
    try:
        yield producer
    finally:
        producer.kill()
        producer.communicate(timeout=PATIENCE)


def state(desk: Desk) -> list[tuple[str, str]]:
    """The state and detail of the producers in a database."""
    return [
        (shown, detail)
        for shown, detail in desk.rows("select state, detail from parts where part = 'producer'")
    ]


def test_the_second_producer_waits_reports_it_and_takes_over_when_the_first_is_killed(
    desk: Desk, recording: list[Path], tmp_path: Path
) -> None:
    first = desk.replaying(recording, SPEED)
    second = elsewhere(desk, tmp_path / "elsewhere").replaying(recording, "max")
    with at_work(first) as one:
        wait_for(lambda: first.published() > 30)
        with at_work(second) as other:
            wait_for(lambda: [shown for shown, _ in state(second)] == ["standing by"])
            assert "-producer-0-" in state(second)[0][1]
            with closing(connect(second.database(), "test")) as connection, transaction(connection) as cursor:
                strip = part_items(read_parts(cursor), "reading")
            assert strip[0]["text"] == "standing by"
            one.kill()
            wait_for(lambda: other.poll() is not None)
            assert other.returncode == 0
    assert_every_quote_counts_once(first, recording)
    assert first.rows("select count(*) from dead_letters") == [(0,)]
    assert first.rows("select count(distinct epoch) from producer_epochs") == [(2,)]


@pytest.mark.variant
def test_a_producer_that_was_frozen_and_resumes_doubles_nothing(
    desk: Desk, recording: list[Path], tmp_path: Path
) -> None:
    first = desk.replaying(recording, SPEED)
    second = elsewhere(desk, tmp_path / "elsewhere").replaying(recording, "max")
    with at_work(first) as one:
        wait_for(lambda: first.published() > 30)
        one.send_signal(signal.SIGSTOP)
        second.run_to_its_end(produce)
        before = first.published()
        one.send_signal(signal.SIGCONT)
        wait_for(lambda: one.poll() is not None)
    assert first.published() > before, "it sent what was due while it was frozen"
    assert_every_quote_counts_once(first, recording)
    reasons = first.rows("select distinct reason from dead_letters")
    assert [reason for (reason,) in reasons] == [
        "from an older producer: epoch 1, but epoch 3 has begun",
    ]


def test_folding_the_log_again_sets_the_same_records_aside(
    desk: Desk, recording: list[Path], tmp_path: Path
) -> None:
    feed = desk.replaying(recording)
    feed.run_to_its_end(produce)
    quote = next(record for record in recorded(recording) if isinstance(record, Quote))
    stale = encode(quote)[:-1] + stamp(Epoch(99, 0))
    feed.publish([stale, encode(quote)])
    assert_every_quote_counts_once(feed, recording)
    bars = feed.rows("select * from bars order by symbol, interval, start")
    live = feed.rows("select * from symbols order by symbol")
    feed.rows("delete from partition_snapshots where next_offset > 0 returning true")
    assert_every_quote_counts_once(feed, recording)
    assert feed.rows("select * from bars order by symbol, interval, start") == bars
    assert feed.rows("select * from symbols order by symbol") == live


def test_one_that_missed_the_last_record_publishes_nothing_that_counts_and_starts_again(
    desk: Desk, recording: list[Path]
) -> None:
    feed = desk.replaying(recording)
    with (
        leased(feed.log, Holder("one"), Event(), lambda _: nullcontext()) as lease,
        closing(LogWriter(feed.log)) as writer,
    ):
        assert lease is not None
        publisher = Publisher(feed.log, writer, lease, last_positions(feed.log, "replay", lease))
        for partition in range(feed.log.partitions):
            feed.publish([b"on its way from a producer that was killed"], partition)
        with pytest.raises(PartitionLost, match="in the meantime"):
            publisher.publish(recorded(recording), Event())
    feed.run_to_its_end(produce)
    assert_every_quote_counts_once(feed, recording)


def test_a_producer_ends_its_waiting_when_it_is_stopped(
    desk: Desk, recording: list[Path], tmp_path: Path
) -> None:
    feed = desk.replaying(recording)
    with leased(feed.log, Holder("one"), Event(), lambda _: nullcontext()):
        with feed.at_work(produce):
            wait_for(lambda: [shown for shown, _ in state(feed)] == ["standing by"])
        assert feed.published() == 0
    feed.run_to_its_end(produce)
    assert_every_quote_counts_once(feed, recording)
