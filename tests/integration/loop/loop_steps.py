"""A consumer loop that a test turns itself, step by step."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from shared.consumer_loop.fold import LoopOptions
from shared.consumer_loop.loop import ConsumerLoop
from shared.kafka import GroupReader
from shared.postgres.database import connect
from shared.progress.offsets import GroupOnTopic
from tests.integration.desk import Desk
from tests.waiting import wait_for


@contextmanager
def looped(desk: Desk, *, first: int) -> Iterator[tuple[ConsumerLoop, GroupReader]]:
    """A loop that has read the `first` quotes published so far, and its reader."""
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
