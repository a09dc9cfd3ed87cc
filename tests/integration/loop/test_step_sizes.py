"""While a long backlog is read, steps stay so short that heartbeats and Ctrl-C are not late."""

import time
from contextlib import closing

import pytest

from consumer.dead_letters import DeadLetterTopic
from consumer.storage import Storage
from shared.consumer_loop.fold import LoopOptions
from shared.consumer_loop.loop import ConsumerLoop
from shared.kafka import GroupReader
from shared.postgres.database import connect
from shared.progress.batches import Batch
from shared.progress.offsets import GroupOnTopic
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.waiting import wait_for

MESSAGES = 24_000
SECONDS_EACH = 0.000_05


class SlowStorage(Storage):
    """A fold that takes so long for each message; `sizes` are those of its steps."""

    def __init__(self, dead: DeadLetterTopic) -> None:
        super().__init__(dead)
        self.sizes: list[int] = []

    def fold(self, batch: Batch) -> None:
        self.sizes.append(len(batch.records))
        time.sleep(len(batch.records) * SECONDS_EACH)
        super().fold(batch)


def test_steps_of_a_backlog_shrink_to_a_second(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each long step the log is compared, which is part of the next step."""
    monkeypatch.setattr("shared.consumer_loop.step_size.SLOW_SECONDS", 0.1)
    monkeypatch.setattr("shared.consumer_loop.step_size.QUICK_SECONDS", 0.025)
    monkeypatch.setattr("shared.consumer_loop.continuity.COMPARE_SECONDS", 0.1)
    desk.publish(quotes(0, MESSAGES))
    reading, fold = GroupOnTopic("group", desk.log.topic), SlowStorage(DeadLetterTopic(desk.log))
    with (
        closing(connect(desk.database(), "test")) as connection,
        closing(GroupReader(desk.log, "group", "one")) as reader,
        closing(ConsumerLoop(desk.log, reading, reader, connection, fold, LoopOptions())) as loop,
    ):

        def has_read_all() -> bool:
            loop.step()
            return loop.handled == MESSAGES

        wait_for(has_read_all)
    assert sum(fold.sizes) == MESSAGES
    assert max(fold.sizes[-3:]) <= 2_500, fold.sizes
