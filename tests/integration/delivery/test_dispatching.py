"""What is sent to real receivers, and when, while they fail, refuse, hang and come back."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from delivery.store.outbox_tables import is_alone, remove_delivered, switch_on
from shared.errors import Unavailable
from shared.postgres.database import Connection, connect, transaction
from tests.integration.delivery.receivers import Receiver, mail_server, webhook
from tests.integration.delivery.sending import NOON, SECONDS, Delivering, settings_of, to_outbox
from tests.waiting import wait_for

ATTEMPT = "insert into delivery_attempts (route, alert_id, state, ended_at) values (%s, %s, %s, %s)"


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with webhook() as receiver:
        yield receiver


@pytest.fixture
def other_hook() -> Iterator[Receiver]:
    with webhook() as receiver:
        yield receiver


def delivering(connection: Connection, *receivers: Receiver, **given: Any) -> Delivering:
    return Delivering(connection, settings_of(*(receiver.url for receiver in receivers), **given))


def test_an_alert_reaches_mail_and_webhook_with_its_values(connection: Connection, hook: Receiver) -> None:
    with mail_server() as mail:
        desk = delivering(connection, mail, hook)
        (name,) = to_outbox(connection, 3)
        desk.until(lambda: desk.states() == {"delivered": 2})
    assert mail.subjects == hook.subjects == ["S3: RSI overbought at 71.2 (threshold 70)"]
    text = "RSI overbought at 71.2 (threshold 70)\nS3 at 100.5, 2026-11-30 12:00 UTC (1m)"
    assert hook.bodies == [text]
    assert mail.bodies[0].splitlines() == text.splitlines()
    ((alert,),) = (payload["alerts"] for payload in hook.payloads)
    assert (alert["id"], alert["symbol"], alert["value"], alert["severity"]) == (name, "S3", 71.25, "warning")
    assert hook.headers[0]["Idempotency-Key"] == name


def test_each_alert_is_sent_once_while_nothing_fails(connection: Connection, hook: Receiver) -> None:
    desk = delivering(connection, hook)
    ids = [name for first in range(0, 9, 3) for name in to_outbox(connection, first, 3)]
    desk.until(lambda: desk.states() == {"delivered": 9})
    assert hook.ids() == Counter(ids)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (500, "refused with status 500 (Internal Server Error)"),
        (429, "refused with status 429 (Too Many Requests)"),
        ("close", "the connection was closed or could not be made"),
        ("hang", "no answer in time"),
    ],
)
def test_an_alert_is_sent_again_after_a_failure(
    connection: Connection, hook: Receiver, answer: int | str, words: str
) -> None:
    hook.answers = [answer]
    desk = delivering(connection, hook)
    to_outbox(connection, 1)
    desk.settle()
    assert desk.states() == {"waiting": 1}
    assert desk.reasons() == [words]
    desk.settle()
    assert len(hook.tried_at) == 1
    desk.clock.pass_by(seconds=3)
    desk.until(lambda: desk.states() == {"delivered": 1})
    assert list(hook.ids().values()) == [1]


def test_a_pause_that_the_receiver_asks_for_is_kept_even_after_a_restart(
    connection: Connection, hook: Receiver
) -> None:
    hook.answers, hook.retry_after = [429], "120"
    desk = delivering(connection, hook)
    to_outbox(connection, 1)
    desk.settle()
    again = delivering(connection, hook)
    again.clock.pass_by(seconds=119)
    again.settle()
    assert len(hook.tried_at) == 1
    again.clock.pass_by(seconds=2)
    again.until(lambda: again.states() == {"delivered": 1})
    assert hook.bodies[0].endswith("2 minutes late")


def test_a_route_that_hangs_holds_up_no_other(
    connection: Connection, hook: Receiver, other_hook: Receiver
) -> None:
    hook.answer = "hang"
    desk = delivering(connection, hook, other_hook)
    began = time.monotonic()
    for number in range(1, 4):
        to_outbox(connection, number)
        desk.until(lambda count=number: len(other_hook.payloads) == count)  # type: ignore[misc]
    assert time.monotonic() - began < SECONDS
    assert len(hook.tried_at) == 1


def test_a_slow_answer_is_no_failure(connection: Connection, hook: Receiver) -> None:
    hook.answer = "slow"
    desk = delivering(connection, hook)
    to_outbox(connection, 1)
    desk.until(lambda: desk.states() == {"delivered": 1})
    assert len(hook.tried_at) == 1


def test_what_waited_during_an_outage_comes_as_one_message(connection: Connection, hook: Receiver) -> None:
    hook.answers = [500]
    desk = delivering(connection, hook)
    ids = to_outbox(connection, 0, 1)
    desk.settle()
    ids += to_outbox(connection, 1, 39, severity="critical")
    desk.clock.pass_by(minutes=12)
    desk.until(lambda: desk.states() == {"delivered": 40})
    assert hook.subjects == ["40 alerts, 39 of them critical"]
    assert hook.ids() == Counter(ids)
    lines = hook.bodies[0].splitlines()
    assert len(lines) == 41
    assert lines[1] == (
        "2026-11-30 12:00 UTC S1 1m critical: RSI overbought at 71.2 (threshold 70) (12 minutes late)"
    )


def test_alerts_of_a_digest_that_is_refused_are_sent_in_halves(
    connection: Connection, hook: Receiver
) -> None:
    hook.answers = [413, 200, 422]
    desk = delivering(connection, hook, ALERT_DIGEST_ABOVE=2)
    ids = to_outbox(connection, 0, 5)
    for _ in range(8):
        desk.settle()
        desk.clock.pass_by(seconds=10)
    desk.until(lambda: desk.states() == {"delivered": 5})
    assert hook.ids() == Counter(ids)
    assert [len(payload["alerts"]) for payload in hook.payloads] == [2, 1, 1, 1]


def test_in_quiet_hours_critical_alerts_alone_are_sent(connection: Connection, hook: Receiver) -> None:
    desk = delivering(connection, hook, ALERT_QUIET_HOURS="22:00-07:00", ALERT_ZONE="Asia/Tokyo")
    desk.clock.now = NOON + timedelta(hours=2)
    to_outbox(connection, 1, at=desk.clock.now)
    (critical,) = to_outbox(connection, 2, at=desk.clock.now, severity="critical")
    desk.settle()
    desk.settle()
    assert hook.ids() == Counter([critical])
    desk.clock.pass_by(hours=8)
    desk.until(lambda: desk.states() == {"delivered": 2})


def test_routes_take_the_severities_and_rules_that_they_name(
    connection: Connection, hook: Receiver, other_hook: Receiver
) -> None:
    desk = delivering(connection, hook, other_hook, ALERT_ROUTES="1:critical;2:rule 3,price_change,warning")
    to_outbox(connection, 1, severity="critical", rule="rule 3")
    to_outbox(connection, 2, severity="warning", rule="rule 3")
    to_outbox(connection, 3, rule="price_change")
    to_outbox(connection, 4, rule="rule 4")
    desk.until(lambda: desk.states() == {"delivered": 3})
    assert hook.ids().keys() == {"id-00001"}
    assert other_hook.ids().keys() == {"id-00002", "id-00003"}


def test_an_alert_is_given_up_with_the_reason(connection: Connection, hook: Receiver) -> None:
    hook.answer = 401
    desk = delivering(connection, hook, ALERT_GIVE_UP_HOURS=2)
    to_outbox(connection, 1)
    desk.settle()
    desk.clock.pass_by(hours=2.1)
    desk.settle()
    assert desk.states() == {"given up": 1}
    assert desk.reasons() == ["not delivered within 2 hours; last: refused with status 401 (Unauthorized)"]


def test_the_outbox_forgets_what_was_delivered_long_ago_and_nothing_else(connection: Connection) -> None:
    """The state of each attempt, and how many days ago it ended; an alert that no route took has none."""
    kept_days = 30
    attempts: dict[str, list[tuple[str, int | None]]] = {
        "delivered": [("delivered", 31)],
        "handled": [("handled", 31), ("delivered", 40)],
        "no route": [],
        "delivered lately": [("delivered", 31), ("delivered", 29)],
        "waiting": [("delivered", 31), ("waiting", None)],
        "given up": [("delivered", 31), ("given up", 31)],
    }
    names = dict(zip(attempts, to_outbox(connection, 1, len(attempts)), strict=True))
    to_outbox(connection, 100)
    with transaction(connection) as cursor:
        ids = list(names.values())
        cursor.execute(
            "update alert_outbox set routed_at = %s where id = any(%s)", (NOON - timedelta(days=50), ids)
        )
        for name, ended in attempts.items():
            for route, (state, days) in enumerate(ended):
                at = None if days is None else NOON - timedelta(days=days)
                cursor.execute(ATTEMPT, (f"route {route}", names[name], state, at))
        assert remove_delivered(cursor, NOON, kept_days) == 3
        assert remove_delivered(cursor, NOON, kept_days) == 0
        cursor.execute("select id from alert_outbox order by id")
        left = [names[each] for each in ("delivered lately", "waiting", "given up")]
        assert [name for (name,) in cursor.fetchall()] == [*left, "id-00100"]


def test_the_delivery_removes_what_is_old_once_an_hour(connection: Connection, hook: Receiver) -> None:
    desk = delivering(connection, hook, ALERT_KEPT_DAYS=2)
    to_outbox(connection, 1)
    desk.until(lambda: desk.states() == {"delivered": 1})
    with transaction(connection) as cursor:
        for column, table in (("routed_at", "alert_outbox"), ("ended_at", "delivery_attempts")):
            cursor.execute(f"update {table} set {column} = %s", (NOON - timedelta(days=3),))
    desk.step()
    assert desk.states() == {"delivered": 1}
    desk.clock.pass_by(hours=1)
    desk.step()
    assert desk.states() == {}


def test_what_waits_for_an_address_that_was_removed_is_given_up(
    connection: Connection, hook: Receiver, other_hook: Receiver
) -> None:
    hook.answer = 500
    desk = delivering(connection, hook)
    to_outbox(connection, 1)
    desk.settle()
    other_hook.url = other_hook.url.replace("127.0.0.1", "localhost")
    assert delivering(connection, other_hook).states() == {"given up": 1}


@pytest.mark.parametrize("action", ["snooze", "acknowledge"])
def test_no_longer_wanted_by(connection: Connection, hook: Receiver, action: str) -> None:
    hook.answers = [500]
    desk = delivering(connection, hook)
    to_outbox(connection, 1, rule="rule 3")
    (other,) = to_outbox(connection, 2, rule="rule 4")
    desk.settle()
    with transaction(connection) as cursor:
        cursor.execute(
            "insert into alert_handlings values (gen_random_uuid(), %s, 'rule 3', null, %s, 'Ada', now(), 0, 0)",
            (action, NOON + timedelta(hours=1)),
        )
    desk.clock.pass_by(minutes=5)
    desk.until(lambda: desk.states() == {"delivered": 1, "handled": 1})
    assert hook.ids() == Counter([other])
    assert desk.reasons()[0] in ("snoozed by Ada", "acknowledged by Ada")


def test_alert_that_was_caused_after_an_acknowledgement_is_delivered(
    connection: Connection, hook: Receiver
) -> None:
    """A rule that compares symbols raises alerts of bars that ended a while before: nobody has seen them."""
    desk = delivering(connection, hook)
    with transaction(connection) as cursor:
        cursor.execute(
            "insert into alert_handlings values (gen_random_uuid(), 'acknowledge', null, null, %s, 'Ada', %s, 0, 0)",
            (NOON + timedelta(hours=1), NOON - timedelta(hours=1)),
        )
    to_outbox(connection, 1)
    desk.until(lambda: desk.states() == {"delivered": 1})


def test_what_was_sent_while_the_database_was_away_is_not_sent_again(
    connection: Connection, hook: Receiver, dsn: str
) -> None:
    lost = connect(dsn, "test")
    desk = delivering(lost, hook)
    ids = to_outbox(connection, 1)
    hook.answer = "slow"
    desk.step()
    with transaction(connection) as cursor:
        cursor.execute("select pg_terminate_backend(%s)", (lost.info.backend_pid,))
    with pytest.raises(Unavailable):
        desk.until(lambda: False)
    desk.connection = connection
    desk.dispatcher.resume(connection)
    desk.until(lambda: desk.states() == {"delivered": 1})
    assert hook.ids() == Counter(ids)


def test_one_process_delivers_and_a_second_one_waits(connection: Connection, dsn: str) -> None:
    other = connect(dsn, "other")
    with transaction(connection) as cursor:
        assert is_alone(cursor)
    with transaction(other) as cursor:
        assert not is_alone(cursor)
    connection.close()

    def takes_over() -> bool:
        with transaction(other) as cursor:
            return is_alone(cursor)

    wait_for(takes_over)
    other.close()


def test_delivery_that_was_switched_on_by_a_wrong_clock_begins_now(connection: Connection) -> None:
    with transaction(connection) as cursor:
        cursor.execute("insert into delivery_start (at) values (now() + interval '10 years')")
        cursor.execute("select now()")
        ((now,),) = cursor.fetchall()
        assert switch_on(cursor) == now
