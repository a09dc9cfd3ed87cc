"""What waits for an address is sent to it, and to no other one, when addresses are removed, changed or moved."""

from collections import Counter
from collections.abc import Iterator

import pytest

from delivery.store.outbox_tables import listed
from shared.postgres.database import Connection, transaction
from tests.integration.delivery.receivers import Receiver, webhook
from tests.integration.delivery.sending import Delivering, settings_of, to_outbox


@pytest.fixture
def hooks() -> Iterator[list[Receiver]]:
    """Three receivers of the same host."""
    with webhook() as first, webhook() as second, webhook() as third:
        yield [first, second, third]


def fail_all(connection: Connection, hooks: list[Receiver], count: int = 1) -> list[str]:
    """Let alerts wait for each of the receivers; returns their ids. From then on all accept everything."""
    for hook in hooks:
        hook.answer = 500
    desk = Delivering(connection, settings_of(*(hook.url for hook in hooks)))
    ids = to_outbox(connection, 1, count)
    desk.settle()
    for hook in hooks:
        hook.answer = 200
    return ids


def start(connection: Connection, *urls: str) -> Delivering:
    desk = Delivering(connection, settings_of(*urls))
    desk.clock.pass_by(minutes=1)
    return desk


def test_an_address_that_is_removed_takes_no_alert_from_another(
    connection: Connection, hooks: list[Receiver]
) -> None:
    ids = fail_all(connection, hooks)
    desk = start(connection, hooks[1].url, hooks[2].url)
    desk.until(lambda: desk.states() == {"delivered": 2, "given up": 1})
    assert [hook.ids() for hook in hooks] == [Counter(), Counter(ids), Counter(ids)]
    with transaction(connection) as cursor:
        (gone,) = listed(cursor, "given up", 10)
    assert gone.reason == "no longer in ALERT_URLS"
    assert gone.route == "json://127.0.0.1"


def test_addresses_may_change_places(connection: Connection, hooks: list[Receiver]) -> None:
    hooks[0].retry_after = "3600"
    ids = fail_all(connection, hooks)
    desk = start(connection, *(hook.url for hook in reversed(hooks)))
    desk.until(lambda: desk.states() == {"delivered": 2, "waiting": 1})
    assert [hook.ids() for hook in hooks] == [Counter(), Counter(ids), Counter(ids)]
    with transaction(connection) as cursor:
        assert [each.route for each in listed(cursor, "waiting", 10)] == ["json://127.0.0.1 3"]


def test_an_address_with_another_password_gets_what_waited(
    connection: Connection, hooks: list[Receiver]
) -> None:
    ids = fail_all(connection, hooks)
    changed = hooks[1].url.replace("json://", "json://user:password@")
    desk = start(connection, hooks[0].url, changed, hooks[2].url)
    desk.until(lambda: desk.states() == {"delivered": 3})
    assert all(hook.ids() == Counter(ids) for hook in hooks)


def test_what_waited_in_an_earlier_version_is_delivered(
    connection: Connection, hooks: list[Receiver]
) -> None:
    to_outbox(connection, 1)
    with transaction(connection) as cursor:
        cursor.execute("update alert_outbox set routed_at = now()")
        cursor.execute(
            "insert into delivery_attempts (route, alert_id) values ('json://127.0.0.1 2', 'id-00001')"
        )
    desk = start(connection, *(hook.url for hook in hooks))
    desk.until(lambda: desk.states() == {"delivered": 1})
    assert [len(hook.payloads) for hook in hooks] == [0, 1, 0]


def test_a_pause_that_was_noted_by_a_clock_far_ahead_ends_when_the_clock_is_right(
    connection: Connection, hooks: list[Receiver]
) -> None:
    hook = hooks[0]
    hook.answers = [500]
    ahead = Delivering(connection, settings_of(hook.url, ALERT_GIVE_UP_HOURS=720))
    ahead.clock.pass_by(days=20)
    to_outbox(connection, 1)
    ahead.settle()
    assert ahead.states() == {"waiting": 1}
    desk = start(connection, hook.url)
    desk.until(lambda: desk.states() == {"delivered": 1})
