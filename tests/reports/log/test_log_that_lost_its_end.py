"""Scenario: a power cut, or a restored older copy: the log lost its end and grew again before anybody noticed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from producer.producer import produce
from shared.embedded import Kafka, kafka_in
from shared.errors import StopPart
from shared.market.records import Quote
from shared.recordings.sequence import recorded
from shared.runtime.lifecycle import Stop
from shared.runtime.supervision import EXIT_STOP
from shared.settings.config import Config
from tests.chaos.recording import made_up
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.reports.log.older_log import OlderLog, desk_at, older_log
from tests.slowness import PATIENCE
from tests.waiting import wait_for

Run = Callable[[Config, Stop], None]


@pytest.fixture(scope="module")
def kafka(spare_data: Path, spare_ports: tuple[int, int]) -> Kafka:
    """The broker of these tests."""
    return kafka_in(spare_data, spare_ports[0])


@pytest.fixture(scope="module")
def older(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OlderLog]:
    """The same, and the copy of its data."""
    with older_log(kafka, tmp_path_factory.mktemp("older") / "copy") as log:
        yield log


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Ten minutes of four symbols."""
    return made_up(tmp_path_factory.mktemp("recording"), minutes=10, quotes_a_minute=100)


@pytest.fixture(scope="module")
def desks(
    older: OlderLog,
    kafka: Kafka,
    embedded_postgres: str,
    one_search_process: None,
    recording: list[Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Desk]:
    """Desks whose logs have just lost their ends, which a part had read: one restore of the broker serves all.

    The one that is "running" has lost nothing yet.
    """
    folder = tmp_path_factory.mktemp("desks")
    names = ("storage", "analytics", "pipeline", "running", "same")
    made = {name: desk_at(kafka, embedded_postgres, folder / name, f"cut-{name}") for name in names}
    feed = desk_at(kafka, embedded_postgres, folder / "producer", "cut-producer").replaying(recording)
    for desk in made.values():
        desk.publish(quotes(0, 10))
    feed.settings["MAX_MESSAGES"] = "400"
    feed.run_to_its_end(produce)
    copy_beside_a_part(older, made["same"])
    for name, run in (("storage", store), ("analytics", analyse), ("pipeline", store)):
        with made[name].at_work(run):
            made[name].publish(quotes(10, 10))
            made[name].wait_until_read("analytics" if run is analyse else "storage")
    feed.settings["MAX_MESSAGES"] = "0"
    feed.run_to_its_end(produce)
    older.restore()
    return made | {"producer": feed}


def copy_beside_a_part(older: OlderLog, desk: Desk) -> None:
    """The broker is away for a while, and a part is at work that goes on then."""
    with desk.at_work(store):
        desk.wait_until_read("storage")
        older.copy()
        desk.publish(quotes(10, 10))
        desk.wait_until_read("storage")


@pytest.mark.parametrize(("part", "run"), [("storage", store), ("analytics", analyse)])
def test_a_part_stops_where_another_message_lies_at_its_last_offset(
    desks: dict[str, Desk], part: str, run: Run
) -> None:
    cut_desk = desks[part]
    cut_desk.publish(quotes(10, 30, price=11.0))
    for _ in range(2):
        with pytest.raises(
            StopPart, match=r"the message at offset 19 is a different one now.*python -m db\.realign --cut"
        ):
            cut_desk.run_to_its_end(run)
    assert cut_desk.rows("select distinct next_offset from progress where partition = 0") == [(20,)]


def test_the_pipeline_does_not_start_such_a_part_again(desks: dict[str, Desk]) -> None:
    cut_desk = desks["pipeline"]
    cut_desk.publish(quotes(10, 30, price=11.0))
    storage = cut_desk.start("storage")
    _, errors = storage.communicate(timeout=PATIENCE)
    assert storage.returncode == EXIT_STOP
    assert "the message at offset 19 is a different one now" in errors


def test_a_log_that_is_replaced_under_a_running_part_stops_it(
    older: OlderLog, desks: dict[str, Desk]
) -> None:
    cut_desk = desks["running"]
    with pytest.raises(StopPart, match="log has changed"), cut_desk.at_work(store) as part:
        cut_desk.publish(quotes(10, 10))
        cut_desk.wait_until_read("storage")
        older.restore()
        cut_desk.publish(quotes(10, 30, price=11.0))
        wait_for(part.done)
    assert cut_desk.rows("select count(*), max(price) from quotes") == [(20, 10.0)]


def test_a_producer_continues_at_the_present_end_of_the_log(
    desks: dict[str, Desk], recording: list[Path]
) -> None:
    feed = desks["producer"]
    feed.run_to_its_end(produce)
    with feed.at_work(store):
        feed.wait_until_read("storage")
    expected = [record.position for record in recorded(recording) if isinstance(record, Quote)]
    stored = feed.rows("select position from quotes order by position")
    assert [position for (position,) in stored] == expected
    assert feed.rows("select count(*) from dead_letters") == [(0,)]


def test_a_broker_that_comes_back_with_its_own_log_is_no_reason_to_stop(desks: dict[str, Desk]) -> None:
    assert desks["same"].rows("select count(*) from quotes") == [(20,)]


def test_a_database_of_before_has_no_fingerprint_and_gets_one_with_the_next_message(desk: Desk) -> None:
    desk.publish(quotes(0, 10))
    with desk.at_work(store):
        desk.wait_until_read("storage")
    desk.rows("update progress set fingerprint = null returning true")
    with desk.at_work(store):
        desk.publish(quotes(10, 1))
        desk.wait_until_read("storage")
    assert desk.rows("select length(fingerprint) from progress where partition = 0") == [(32,)]
