"""Alerts that a receiver always refuses hold up no others, and are sent once it takes them."""

from collections import Counter
from collections.abc import Iterator

import pytest

from shared.postgres.database import Connection
from tests.integration.delivery.receivers import Answer, Receiver, webhook
from tests.integration.delivery.sending import Delivering, settings_of, to_outbox

ATTEMPTS = 40
"""Within so many a digest has been halved until the refused alerts are alone."""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with webhook() as receiver:
        yield receiver


def attempts_until(desk: Delivering, delivered: int) -> int:
    """Deliver until so many are delivered; returns the number of attempts, each after the longest pause."""
    for number in range(ATTEMPTS):
        if desk.states().get("delivered") == delivered:
            return number
        desk.settle()
        desk.clock.pass_by(seconds=31)
    raise AssertionError(f"{desk.states()} after {ATTEMPTS} attempts")


@pytest.mark.parametrize("answer", [400, 500, 503, "close"])
def test_refused_alerts_hold_up_no_others(connection: Connection, hook: Receiver, answer: Answer) -> None:
    refused = to_outbox(connection, 0, 6, severity="critical")
    hook.refused = dict.fromkeys(refused, answer)
    good = to_outbox(connection, 6, 10)
    desk = Delivering(connection, settings_of(hook.url))
    attempts_until(desk, 10)
    assert hook.ids() == Counter(good)

    again = Delivering(connection, settings_of(hook.url))
    again.clock.now = desk.clock.now
    good += to_outbox(connection, 16)
    assert attempts_until(again, 11) <= 2
    good += to_outbox(connection, 17, 10)
    assert attempts_until(again, 21) <= 3
    assert hook.ids() == Counter(good)

    hook.refused = {}
    attempts_until(again, 27)
    assert hook.ids() == Counter([*good, *refused])


def test_one_refused_alert_in_a_long_digest_is_found_by_halving(
    connection: Connection, hook: Receiver
) -> None:
    ids = to_outbox(connection, 0, 200)
    hook.refused = {ids[77]: 500}
    attempts_until(Delivering(connection, settings_of(hook.url)), 199)
    assert hook.ids() == Counter([*ids[:77], *ids[78:]])


def test_alerts_of_a_long_outage_come_in_few_messages(connection: Connection, hook: Receiver) -> None:
    hook.answer = 500
    desk = Delivering(connection, settings_of(hook.url))
    ids = to_outbox(connection, 0, 200)
    for _ in range(ATTEMPTS):
        desk.settle()
        desk.clock.pass_by(seconds=31)
    hook.answer = 200
    attempts_until(desk, 200)
    assert hook.ids() == Counter(ids)
    assert len(hook.payloads) < 30
