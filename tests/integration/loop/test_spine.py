"""From a source through the log into the tables, with real servers: everything once, and every offset accounted for."""

import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from producer.producer import produce
from producer.publishing.lease import Lease
from producer.publishing.publisher import NOTHING, last_positions
from shared.errors import ConfigError, StopPart
from shared.market.messages import decode
from shared.market.records import Quote, Record, TimeMark
from shared.progress.epochs import EarlierEpochs
from shared.recordings.sequence import recorded
from shared.settings.brokers import ClientChoice
from tests.integration.desk import Desk
from tests.integration.topic_changes import delete_topic
from tests.slowness import PATIENCE
from tests.waiting import wait_for

NOON = datetime(2024, 1, 2, 12, 0, tzinfo=UTC)


def quote(
    second: float, price: float = 10.0, position: int = 0, symbol: str = "AAA", source: str = "test"
) -> Quote:
    """A quote so many seconds after noon."""
    time = NOON + timedelta(seconds=second)
    return Quote(
        symbol=symbol, event_time=time, price=price, source=source, position=position, received_time=time
    )


def mark(second: float) -> TimeMark:
    """A time mark so many seconds after noon."""
    time = NOON + timedelta(seconds=second)
    return TimeMark(time=time, source="test", position=0, received_time=time)


def positions(desk: Desk) -> dict[int, list[int]]:
    """The positions of all records in the log, by partition."""
    return {
        partition: [decode(message.value, message.timestamp).position for message in messages]
        for partition, messages in desk.messages(desk.log).items()
    }


def assert_published_once(desk: Desk, expected: list[Record]) -> None:
    """Every record of the sequence once, marks in every partition, in order."""
    found = positions(desk)
    quotes = sorted(p for listed in found.values() for p in listed)
    marks = [r.position for r in expected if isinstance(r, TimeMark)]
    others = [r.position for r in expected if not isinstance(r, TimeMark)]
    assert quotes == sorted(others + marks * len(found))
    assert all(listed == sorted(listed) for listed in found.values())


def test_a_recording_ends_up_in_the_tables_once_with_every_offset_accounted_for(
    desk: Desk, recording: list[Path], each_client: ClientChoice
) -> None:
    desk.settings["KAFKA_CLIENT"] = each_client
    desk = desk.replaying(recording)
    with desk.at_work(store), desk.at_work(analyse):
        desk.run_to_its_end(produce)
        desk.wait_until_read("storage", "analytics")
    quotes = [record for record in recorded(recording) if isinstance(record, Quote)]
    stored = desk.rows("select symbol, event_time, price, size, position from quotes order by position")
    assert stored == [(q.symbol, q.event_time, q.price, q.size, q.position) for q in quotes]
    counted = "select sum(quotes), sum(volume) from bars where interval = %s"
    for interval in ("1m", "5m", "15m", "1h"):
        assert desk.rows(counted, interval) == [(len(quotes), sum(q.size or 0 for q in quotes))]
    assert desk.rows("select distinct sum(next_offset) over (partition by group_id) from progress") == [
        (desk.published(),)
    ]


def test_a_producer_started_again_publishes_nothing_twice(desk: Desk, recording: list[Path]) -> None:
    desk = desk.replaying(recording)
    for _ in range(2):
        desk.run_to_its_end(produce)
        assert_published_once(desk, list(recorded(recording)))


def test_only_records_of_the_feed_itself_decide_where_its_producer_continues(desk: Desk) -> None:
    desk.publish([quote(1, position=7), b"nonsense", quote(2, position=10**9, source="other")])
    assert last_positions(desk.log, "test", Lease(1, {}, EarlierEpochs({}))) == {0: 7, 1: NOTHING}


def test_a_producer_killed_in_the_middle_skips_nothing_and_publishes_nothing_twice(
    desk: Desk, recording: list[Path]
) -> None:
    desk, quotes = desk.replaying(recording), list(recorded(recording))
    producer = desk.replaying(recording, speed="60").start("producer")
    wait_for(lambda: desk.published() > 500)
    producer.kill()
    producer.communicate(timeout=PATIENCE)
    assert 500 < desk.published() < len(quotes)
    desk.run_to_its_end(produce)
    assert_published_once(desk, quotes)


def test_a_late_quote_is_stored_and_counted_and_enters_no_bar(desk: Desk) -> None:
    desk.publish([quote(1), quote(30), mark(70), quote(40, price=99.0), quote(80), mark(150)])
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
    assert desk.rows("select count(*), max(price) from quotes") == [(4, 99.0)]
    assert desk.rows("select quotes, late from symbols") == [(4, 1)]
    assert desk.rows("select quotes, high from bars where interval = '1m' order by start") == [
        (2, 10.0),
        (1, 10.0),
    ]


def test_a_quote_in_the_wrong_partition_is_a_dead_letter_and_doubles_no_bar(desk: Desk) -> None:
    desk.publish([quote(1), quote(2), mark(70)], partition=0)
    desk.publish([quote(3), mark(70), quote(80, symbol="ACME"), mark(150)], partition=1)
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
    assert desk.rows('select partition, "offset", reason from dead_letters') == [
        (1, 0, "in the wrong partition: AAA belongs to partition 0")
    ]
    assert desk.rows("select symbol, quotes from bars where interval = '1m' order by 1") == [
        ("AAA", 2),
        ("ACME", 1),
    ]
    assert desk.rows("select sum(quotes), sum(dead_letters) from progress") == [(6, 2)]


def test_max_messages_stops_cleanly_and_the_next_run_goes_on(desk: Desk) -> None:
    desk.publish([quote(second, position=second) for second in range(100)])
    desk.settings["MAX_MESSAGES"] = "30"
    for stored in (30, 60):
        desk.run_to_its_end(store)
        assert desk.rows("select count(*), max(position) from quotes") == [(stored, stored - 1)]


def test_an_invalid_message_stops_the_part_where_none_may_be_skipped(desk: Desk) -> None:
    desk.settings["SKIP_INVALID_DATA"] = "false"
    desk.publish([quote(1), b"nonsense", quote(2)])
    storage = desk.start("storage")
    _, errors = storage.communicate(timeout=PATIENCE)
    assert storage.returncode == 3
    assert "Message at partition 0, offset 1 is invalid: not JSON" in errors
    assert "SKIP_INVALID_DATA" in errors
    assert "Traceback" not in errors


def test_a_topic_that_vanishes_stops_the_part_with_a_sentence(desk: Desk) -> None:
    desk.publish([quote(1)])
    with pytest.raises(StopPart, match=r"no longer has a topic desk-"), desk.at_work(store) as part:
        desk.wait_until_read("storage")
        delete_topic(desk)
        wait_for(part.done)


def test_a_recreated_topic_is_not_taken_for_the_old_one(desk: Desk) -> None:
    desk.publish([quote(1), quote(2)])
    with desk.at_work(store):
        desk.wait_until_read("storage")
    delete_topic(desk)
    desk.publish([quote(3)])
    with pytest.raises(ConfigError, match="deleted and created again"):
        desk.run_to_its_end(store)


def test_a_topic_recreated_under_a_running_part_is_not_taken_for_the_old_one(desk: Desk) -> None:
    desk.publish([quote(1), quote(2)])
    with pytest.raises(StopPart, match="created again"), desk.at_work(store) as part:
        desk.wait_until_read("storage")
        delete_topic(desk)
        desk.publish([quote(3), quote(4), quote(5)])
        wait_for(part.done)
    assert desk.rows("select count(*) from quotes") == [(2,)]


def test_two_feeds_run_side_by_side(desk: Desk, recording: list[Path]) -> None:
    replayed = desk.replaying(recording)
    desk.publish([quote(1)])
    with desk.at_work(store), replayed.at_work(store):
        replayed.run_to_its_end(produce)
        replayed.wait_until_read("storage")
        desk.publish([quote(2)])
        desk.wait_until_read("storage")


def test_a_database_of_another_log_is_refused(desk: Desk) -> None:
    desk.rows("insert into log_origin (cluster_id, topic) values ('elsewhere', 'other') returning true")
    with pytest.raises(ConfigError, match="filled from topic other of Kafka cluster elsewhere"):
        desk.run_to_its_end(store)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_part_that_is_asked_to_stop_leaves_its_tables_up_to_date(
    desk: Desk, number: signal.Signals
) -> None:
    desk.publish([quote(1), quote(2)])
    analytics = desk.start("analytics")
    wait_for(lambda: desk.has_read("analytics", 2))
    analytics.send_signal(number)
    _, errors = analytics.communicate(timeout=PATIENCE)
    assert (analytics.returncode, errors) == (0, "")
    assert desk.rows("select quotes from open_bars where interval = '1m'") == [(2,)]
    assert desk.rows("select max(next_offset) from partition_snapshots") == [(2,)]
