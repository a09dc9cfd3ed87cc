"""The log is replaced while a loop is busy: what the client has fetched since then is never taken for the old log."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from shared.consumer_loop.fold import LoopOptions
from shared.consumer_loop.loop import ConsumerLoop
from shared.consumer_loop.offsets import GroupOnTopic
from shared.errors import StopPart
from shared.kafka import GroupReader
from shared.postgres.database import connect
from shared.settings.brokers import ClientChoice
from tests.integration.desk import Desk
from tests.integration.loop.test_spine import delete_topic
from tests.reports.log.older_log import quotes
from tests.waiting import wait_for

STORED = "select count(*), max(price) from quotes"


@contextmanager
def looped(desk: Desk, *, first: int = 10) -> Iterator[tuple[ConsumerLoop, GroupReader]]:
    """A loop that has read the quotes published so far, and its reader."""
    reading = GroupOnTopic("group", desk.log.topic)
    with (
        closing(connect(desk.database(), "test")) as connection,
        closing(GroupReader(desk.log, desk.log.topic, "one")) as reader,
        closing(
            ConsumerLoop(
                desk.log, reading, reader, connection, Storage(DeadLetterTopic(desk.log)), LoopOptions()
            )
        ) as loop,
    ):
        wait_for(lambda: handled(loop) == first)
        yield loop, reader


def handled(loop: ConsumerLoop) -> int:
    """The number of messages handled after one more step."""
    loop.step()
    return loop.handled


def test_a_topic_created_again_during_a_long_step_is_not_taken_for_the_old_one(
    desk: Desk, each_client: ClientChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one is longer by then, and the client goes on in it where it was in the old one."""
    desk.settings["KAFKA_CLIENT"] = each_client
    if each_client == "kafka-python":
        # It reads by name, without a pause: the step takes longer than this.
        monkeypatch.setattr("shared.consumer_loop.continuity.COMPARE_SECONDS", 0.05)
    desk.publish(quotes(0, 10))
    with looped(desk) as (loop, reader):
        delete_topic(desk)
        desk.publish(quotes(0, 30, price=11.0))
        if each_client == "confluent":
            wait_for(lambda: reader.lag() == 20)
        with pytest.raises(StopPart, match=r"created again|is a different one now"):
            wait_for(lambda: handled(loop) > 10)
    assert desk.rows(STORED) == [(10, 10.0)]
