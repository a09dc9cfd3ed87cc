"""Scenario: a power cut during a long step. The log lost messages that the client had fetched, and grew again."""

from pathlib import Path

import pytest

from shared.embedded import Kafka
from shared.settings.brokers import ClientChoice
from tests.inputs.noon_records import quotes
from tests.integration.loop.loop_steps import handled, looped
from tests.reports.log.older_log import desk_at, older_log
from tests.waiting import wait_for

EACH_STEP = 5


@pytest.mark.variant
def test_messages_that_the_log_lost_after_they_were_fetched_are_not_written(
    spare_kafka: Kafka,
    embedded_postgres: str,
    tmp_path: Path,
    each_client: ClientChoice,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last message written is still there: those after it are others."""
    monkeypatch.setattr("shared.consumer_loop.step_size.MAX_PER_STEP", EACH_STEP)
    with older_log(spare_kafka, tmp_path / "copy") as older:
        desk = desk_at(spare_kafka, embedded_postgres, tmp_path / "desk", f"lost-{each_client}")
        desk.settings["KAFKA_CLIENT"] = each_client
        desk.publish(quotes(0, EACH_STEP))
        older.copy()
        desk.publish(quotes(EACH_STEP, 20))
        with looped(desk, first=EACH_STEP) as (loop, _):
            older.restore()
            desk.publish(quotes(EACH_STEP, 40, price=11.0))
            wait_for(lambda: handled(loop) == EACH_STEP + 40)
    assert desk.rows("select price, count(*) from quotes group by price order by price") == [
        (10.0, EACH_STEP),
        (11.0, 40),
    ]
