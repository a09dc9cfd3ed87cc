"""Scenario: a producer starts on a log that differs from the end of its last run: a record arrived late, retention
removed the beginning, another producer publishes. Each quote still counts once."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from threading import Event

import pytest

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from producer.producer import produce
from producer.publishing import lease as lease_module
from producer.publishing.holder import Holder
from producer.publishing.lease import leased
from producer.publishing.publisher import Publisher, last_positions
from shared.errors import PartitionLost
from shared.kafka import LogWriter, partition_of
from shared.market.messages import encode
from shared.market.records import Quote
from shared.recordings.sequence import recorded
from tests.integration.desk import Desk
from tests.integration.topic_changes import delete_before
from tests.reports.log.folded_logs import assert_every_quote_counts_once
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def test_a_record_that_was_on_its_way_while_another_producer_took_over_is_not_published_again(
    desk: Desk, recording: list[Path]
) -> None:
    """Scenario: a network parts a producer from Kafka; its first record of a quiet partition arrives after the other
    one has claimed, and before that one has published there. It counts, so the next run has to go on after it."""
    feed = desk.replaying(recording)
    with leased(feed.log, Holder("one"), Event(), lambda _: nullcontext()) as first:
        assert first is not None
    with (
        leased(feed.log, Holder("other"), Event(), lambda _: nullcontext()) as lease,
        closing(LogWriter(feed.log)) as writer,
    ):
        assert lease is not None
        publisher = Publisher(feed.log, writer, lease, last_positions(feed.log, "replay", lease))
        quote = next(record for record in recorded(recording) if isinstance(record, Quote))
        home = partition_of(quote.symbol.encode(), feed.log.partitions)
        feed.publish([encode(quote)[:-1] + first.stamp(home)], home)
        with pytest.raises(PartitionLost, match="in the meantime"):
            publisher.publish(recorded(recording), Event())
    feed.run_to_its_end(produce)
    assert_every_quote_counts_once(feed, recording)


def test_a_producer_goes_on_after_its_last_record_when_retention_removed_its_first(
    desk: Desk, recording: list[Path]
) -> None:
    feed = desk.replaying(recording)
    feed.settings["MAX_MESSAGES"] = "400"
    feed.run_to_its_end(produce)
    feed.settings["MAX_MESSAGES"] = "0"
    with feed.at_work(store), feed.at_work(analyse):
        feed.wait_until_read("storage", "analytics")
    for partition in range(feed.log.partitions):
        delete_before(feed, 5, partition)
    feed.run_to_its_end(produce)
    feed.run_to_its_end(produce)
    assert_every_quote_counts_once(feed, recording)


@pytest.mark.variant
def test_a_producer_reports_another_one_of_an_earlier_version_that_goes_on_publishing(
    desk: Desk, recording: list[Path], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: one machine has the new version, and the other one's producer knows of no lease."""
    monkeypatch.setattr(lease_module, "STILL_SECONDS", 3.0)  # the other one may stand still for a moment
    feed = desk.replaying(recording)
    older, over = feed.log, Event()

    def go_on() -> None:
        with closing(LogWriter(older)) as writer:
            while not over.wait(0.05):
                writer.send(0, None, b"of an earlier version")

    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(go_on)
        try:
            wait_for(lambda: feed.published() > 0)
            with feed.at_work(produce) as producer:
                wait_for(lambda: "without a lease publishes to this topic" in caplog.text)
                over.set()
                published.result(PATIENCE)
                wait_for(producer.done)
        finally:
            over.set()
    assert_every_quote_counts_once(feed, recording)
