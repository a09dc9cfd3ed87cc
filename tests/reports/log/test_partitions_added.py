"""Scenario: somebody added partitions to the topic. Symbols would move, and their unread quotes become dead letters."""

import pytest

from consumer.consumer import store
from shared.errors import ConfigError
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.integration.topic_changes import add_partitions
from tests.waiting import wait_for


def test_another_number_of_partitions_is_refused_with_what_to_do(desk: Desk) -> None:
    desk.publish(quotes(0, 10))
    with desk.at_work(store):
        desk.wait_until_read("storage")
    add_partitions(desk, 4)
    with pytest.raises(ConfigError, match=r"has 4 partitions, but had 2.*Choose another KAFKA_TOPIC"):
        desk.run_to_its_end(store)
    assert desk.rows("select count(*) from dead_letters") == [(0,)]


def test_partitions_added_under_a_running_part_stop_it(desk: Desk) -> None:
    desk.publish(quotes(0, 10))
    with pytest.raises(ConfigError, match="has 4 partitions, but had 2"), desk.at_work(store) as part:
        desk.wait_until_read("storage")
        add_partitions(desk, 4)
        wait_for(part.done)


def test_a_database_of_before_learns_the_number_at_its_next_start(desk: Desk) -> None:
    desk.publish(quotes(0, 10))
    with desk.at_work(store):
        desk.wait_until_read("storage")
    desk.rows("update log_origin set partitions = null returning true")
    with desk.at_work(store):
        desk.publish(quotes(10, 1))
        desk.wait_until_read("storage")
    assert desk.rows("select partitions from log_origin") == [(2,)]
