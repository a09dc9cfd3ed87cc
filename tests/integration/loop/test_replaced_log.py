"""The log is replaced while a loop is busy: what the client has fetched since then is never taken for the old log."""

import pytest

from shared.errors import StopPart
from shared.settings.brokers import ClientChoice
from tests.inputs.noon_records import quotes
from tests.integration.desk import Desk
from tests.integration.loop.loop_steps import handled, looped
from tests.integration.topic_changes import delete_topic
from tests.waiting import wait_for

STORED = "select count(*), max(price) from quotes"


@pytest.mark.parametrize("was_quiet", [False, True])
def test_a_topic_created_again_during_a_long_step_is_not_taken_for_the_old_one(
    desk: Desk, each_client: ClientChoice, was_quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one is longer by then, and the client goes on in it where it was in the old one. After a quiet time the
    log was compared before: the client that does so knows the old topic too."""
    desk.settings["KAFKA_CLIENT"] = each_client
    if each_client == "kafka-python":
        # It reads by name, without a pause: the step takes longer than this.
        monkeypatch.setattr("shared.consumer_loop.continuity.COMPARE_SECONDS", 0.05)
    desk.publish(quotes(0, 10))
    monkeypatch.setattr("shared.consumer_loop.idle_checks.QUIET_SECONDS", 0.1 if was_quiet else 1_000.0)
    with looped(desk, first=10) as (loop, reader):
        while was_quiet and loop._comparison._opened is None:
            loop.step()
        delete_topic(desk)
        desk.publish(quotes(0, 30, price=11.0))
        if each_client == "confluent":
            wait_for(lambda: reader.lag() == 20)
        with pytest.raises(StopPart, match=r"created again|is a different one now"):
            wait_for(lambda: handled(loop) > 10)
    assert desk.rows(STORED) == [(10, 10.0)]


def test_a_topic_deleted_while_fetched_messages_wait_stops_the_part(
    desk: Desk, each_client: ClientChoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry would create it again, empty."""
    desk.settings["KAFKA_CLIENT"] = each_client
    monkeypatch.setattr("shared.consumer_loop.step_size.MAX_PER_STEP", 5)
    monkeypatch.setattr("shared.consumer_loop.continuity.COMPARE_SECONDS", 0.0)
    desk.publish(quotes(0, 5))
    with looped(desk, first=5) as (loop, _):
        desk.publish(quotes(5, 20))
        wait_for(lambda: handled(loop) >= 10)
        delete_topic(desk)
        with pytest.raises(StopPart, match="no longer has a topic"):
            wait_for(lambda: handled(loop) >= 25)
    assert desk.rows("select count(*) >= 10 from quotes") == [(True,)]
