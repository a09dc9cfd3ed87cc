"""The times at which Kafka appended messages: the same with each client, and those of the rows that were made."""

import logging
import time
from contextlib import closing
from itertools import chain, count

import pytest
from kafka.admin import NewTopic

from analytics.analytics_consumer import analyse
from producer.producer import produce
from shared.kafka import LogWriter, make_topics, open_log
from shared.settings.brokers import Brokers, ClientChoice
from tests.chaos.outcome import Left, outcome
from tests.chaos.recording import made_up_with_split
from tests.integration.desk import Desk
from tests.integration.loop.kafka_members import changed, member, read
from tests.integration.topic_changes import administrator
from tests.reports.log.folded_logs import FEW_ORDERS
from tests.slowness import PATIENCE
from tests.waiting import wait_for

CLIENTS: tuple[ClientChoice, ...] = ("confluent", "kafka-python")
SETTINGS = {**FEW_ORDERS, "FORECAST_INTERVALS": "1m", "PRICE_CHANGE_THRESHOLD": "0.001"}
MESSAGES = 300
numbers = count()


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> ClientChoice:
    """Each Kafka client."""
    chosen: ClientChoice = request.param
    if chosen == "confluent":
        pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    return chosen


def now() -> int:
    """Epoch milliseconds of the clock of this machine, which is the broker's too."""
    return int(time.time() * 1000)


def test_every_client_gives_the_time_at_which_the_broker_appended_a_message(
    embedded_kafka: Brokers, client: ClientChoice
) -> None:
    """Messages of one batch have one time, whenever each was handed to the writer."""
    brokers = embedded_kafka._replace(client=client)
    log = make_topics(brokers, f"appended-{next(numbers)}", 1)
    began = now()
    with closing(LogWriter(log)) as writer:
        for number in range(MESSAGES):
            writer.send(0, b"key", b"%d" % number)
            if not number % 100:
                assert writer.flush(PATIENCE)
        assert writer.flush(PATIENCE)
    ended = now()
    found: list[list[int]] = []
    for reading in CLIENTS:
        of_client = log._replace(brokers=brokers._replace(client=reading))
        with open_log(of_client) as reader:
            found.append([each.timestamp for each in chain.from_iterable(reader.forwards(0, 0, MESSAGES))])
    with member(log) as of_group:
        changed(of_group)
        found.append([each.timestamp for each in read(of_group, 0, 0, MESSAGES)])
    assert found[1:] == found[:-1]
    assert len(found[0]) == MESSAGES and sorted(found[0]) == found[0]
    assert began <= found[0][0] and found[0][-1] <= ended


def rows_of(lefts: list[Left]) -> dict[str, list[bytes]]:
    return {left.name: left.lines for left in lefts}


@pytest.fixture
def filled(desk: Desk, client: ClientChoice, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A log of five symbols, one of which is split, that nobody has read yet."""
    folder = tmp_path_factory.mktemp("recording")
    replaying = desk.replaying(made_up_with_split(folder, minutes=60, quotes_a_minute=12))
    replaying.settings |= {**SETTINGS, "KAFKA_CLIENT": client}
    replaying.database()
    replaying.run_to_its_end(produce)
    return replaying


def test_rows_are_known_when_the_log_got_the_record_that_made_them_also_after_a_kill(filled: Desk) -> None:
    some = "select 1 from progress where next_offset > first_offset + 200"
    with filled.start("analytics") as part:
        wait_for(lambda: filled.rows(some) != [])
        part.kill()
    with filled.at_work(analyse):
        filled.wait_until_read("analytics")
        filled.wait_until_rebuilt()
    found = rows_of(outcome(filled.config, filled.log))
    assert found["wrong times"] == []
    assert all(found[table] for table in ("bars", "forecasts", "alerts", "corporate_actions"))


def test_a_topic_with_times_of_its_writers_gives_these_and_a_warning(
    desk: Desk,
    client: ClientChoice,
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Made by somebody else: what is known of the broker's clock is nothing, and the log itself stays the same."""
    folder = tmp_path_factory.mktemp("recording")
    made = desk.replaying(made_up_with_split(folder, minutes=10, quotes_a_minute=12))
    made.settings |= {**SETTINGS, "KAFKA_CLIENT": client}
    with administrator(made) as admin:
        configs = {"message.timestamp.type": "CreateTime"}
        admin.create_topics([NewTopic(made.config.topic(), 2, 1, topic_configs=configs)])
    made.database()
    made.run_to_its_end(produce)
    with made.at_work(analyse):
        made.wait_until_read("analytics")
    found = rows_of(outcome(made.config, made.log))
    assert found["wrong times"] == [] and found["bars"]
    warned = {each.getMessage() for each in caplog.records if each.levelno == logging.WARNING}
    assert any("(message.timestamp.type=CreateTime), so known_at in the tables" in each for each in warned)
