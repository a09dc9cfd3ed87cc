"""Scenario: a power cut, or a restored older copy: the log lost its end and grew again before anybody noticed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from producer.producer import produce
from shared.embedded import Kafka
from shared.errors import StopPart
from shared.market.records import Quote
from shared.recordings.sequence import recorded
from shared.runtime.lifecycle import Stop
from shared.runtime.supervision import EXIT_STOP
from shared.settings.config import Config
from tests.chaos.recording import made_up
from tests.integration.desk import Desk
from tests.reports.older_log import OlderLog, desk_at, older_log, quotes
from tests.slowness import PATIENCE
from tests.waiting import wait_for

Run = Callable[[Config, Stop], None]


@pytest.fixture
def older(spare_kafka: Kafka, tmp_path: Path) -> Iterator[OlderLog]:
    """The broker of this test, and the copies of its data."""
    with older_log(spare_kafka, tmp_path / "copy") as log:
        yield log


@pytest.fixture
def cut_desk(
    request: pytest.FixtureRequest, embedded_postgres: str, spare_kafka: Kafka, tmp_path: Path
) -> Desk:
    """A desk on that broker."""
    name = request.node.name.replace("[", "-").replace("]", "")
    return desk_at(spare_kafka, embedded_postgres, tmp_path / "desk", f"cut-{abs(hash(name)) % 10**8}")


@pytest.mark.parametrize(("part", "run"), [("storage", store), ("analytics", analyse)])
def test_a_part_stops_where_another_message_lies_at_its_last_offset(
    older: OlderLog, cut_desk: Desk, part: str, run: Run
) -> None:
    cut_desk.publish(quotes(0, 10))
    older.copy()
    with cut_desk.at_work(run):
        cut_desk.publish(quotes(10, 10))
        cut_desk.wait_until_read(part)
    older.restore()
    cut_desk.publish(quotes(10, 30, price=11.0))
    for _ in range(2):
        with pytest.raises(
            StopPart, match=r"the message at offset 19 is a different one now.*python -m db\.realign --cut"
        ):
            cut_desk.run_to_its_end(run)
    assert cut_desk.rows("select distinct next_offset from progress where partition = 0") == [(20,)]


def test_the_pipeline_does_not_start_such_a_part_again(older: OlderLog, cut_desk: Desk) -> None:
    cut_desk.publish(quotes(0, 10))
    older.copy()
    with cut_desk.at_work(store):
        cut_desk.publish(quotes(10, 10))
        cut_desk.wait_until_read("storage")
    older.restore()
    cut_desk.publish(quotes(10, 30, price=11.0))
    storage = cut_desk.start("storage")
    _, said = storage.communicate(timeout=PATIENCE)
    assert storage.returncode == EXIT_STOP
    assert "the message at offset 19 is a different one now" in said


def test_a_log_that_is_replaced_under_a_running_part_stops_it(older: OlderLog, cut_desk: Desk) -> None:
    cut_desk.publish(quotes(0, 10))
    older.copy()
    with pytest.raises(StopPart, match="log has changed"), cut_desk.at_work(store) as part:
        cut_desk.publish(quotes(10, 10))
        cut_desk.wait_until_read("storage")
        older.restore()
        cut_desk.publish(quotes(10, 30, price=11.0))
        wait_for(part.done)
    assert cut_desk.rows("select count(*), max(price) from quotes") == [(20, 10.0)]


def test_a_producer_goes_on_where_the_log_ends_now(older: OlderLog, cut_desk: Desk, tmp_path: Path) -> None:
    recording = made_up(tmp_path, minutes=10, quotes_a_minute=100)
    feed = cut_desk.replaying(recording)
    feed.settings["MAX_MESSAGES"] = "400"
    feed.run_to_its_end(produce)
    older.copy()
    feed.settings["MAX_MESSAGES"] = "0"
    feed.run_to_its_end(produce)
    older.restore()
    feed.run_to_its_end(produce)
    with feed.at_work(store):
        feed.wait_until_read("storage")
    expected = [record.position for record in recorded(recording) if isinstance(record, Quote)]
    stored = feed.rows("select position from quotes order by position")
    assert [position for (position,) in stored] == expected
    assert feed.rows("select count(*) from dead_letters") == [(0,)]


def test_a_broker_that_comes_back_with_its_own_log_is_no_reason_to_stop(
    older: OlderLog, cut_desk: Desk
) -> None:
    cut_desk.publish(quotes(0, 10))
    with cut_desk.at_work(store):
        cut_desk.wait_until_read("storage")
        older.copy()
        cut_desk.publish(quotes(10, 10))
        cut_desk.wait_until_read("storage")
    assert cut_desk.rows("select count(*) from quotes") == [(20,)]


def test_a_database_of_before_has_no_fingerprint_and_gets_one_with_the_next_message(desk: Desk) -> None:
    desk.publish(quotes(0, 10))
    with desk.at_work(store):
        desk.wait_until_read("storage")
    desk.rows("update progress set fingerprint = null returning true")
    with desk.at_work(store):
        desk.publish(quotes(10, 1))
        desk.wait_until_read("storage")
    assert desk.rows("select length(fingerprint) from progress where partition = 0") == [(32,)]
