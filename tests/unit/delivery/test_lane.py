"""A route while it is used: one attempt at a time, and threads that hang."""

import time
from collections.abc import Iterator
from datetime import timedelta
from queue import SimpleQueue
from threading import Event

import pytest

from delivery.lane import MOST_ABANDONED, Finished, Lane
from delivery.plan.next_message import OutgoingMessage
from delivery.plan.texts import MessageText
from delivery.routes.results import TIMED_OUT, SendingResult
from delivery.routes.route import open_routes
from delivery.store.route_tables import RouteState
from tests.unit.delivery.alerts import ALERT, NOON
from tests.unit.local_http import Asked, Local, Reply, answering

MESSAGE = OutgoingMessage("key", (ALERT,), MessageText("subject", "body"))


@pytest.fixture
def over() -> Event:
    return Event()


@pytest.fixture
def hanging(over: Event) -> Iterator[Local]:
    """A receiver that answers when the test is over."""

    def answer(_: Asked) -> Reply:
        over.wait(30)
        return Reply("")

    with answering(answer) as local:
        try:
            yield local
        finally:
            over.set()


@pytest.fixture
def lane(hanging: Local) -> Lane:
    (route,) = open_routes([hanging.url.replace("http", "json")], "UTC", 20.0)
    return Lane(route, RouteState(), SimpleQueue[Finished]())


def abandon(lane: Lane) -> None:
    lane.begin(MESSAGE)
    lane.look(limit=-1.0)
    assert lane.result == TIMED_OUT


def test_an_attempt_is_abandoned_after_its_time_limit(lane: Lane) -> None:
    lane.begin(MESSAGE)
    lane.look(limit=60.0)
    assert lane.is_sending and not lane.is_free(NOON)
    lane.look(limit=-1.0)
    assert lane.result == TIMED_OUT and not lane.is_sending


def test_the_result_of_an_abandoned_attempt_comes_too_late(hanging: Local, over: Event) -> None:
    (route,) = open_routes([hanging.url.replace("http", "json")], "UTC", 20.0)
    finished = SimpleQueue[Finished]()
    lane = Lane(route, RouteState(), finished)
    abandon(lane)
    over.set()
    lane.receive(finished.get(timeout=20))
    assert lane.result == TIMED_OUT
    lane.settle(RouteState())
    lane.begin(MESSAGE)
    lane.receive(finished.get(timeout=20))
    assert lane.result is not None and lane.result.is_delivered


def test_no_attempt_follows_while_several_hang(lane: Lane, over: Event) -> None:
    for _ in range(MOST_ABANDONED):
        assert lane.is_free(NOON)
        abandon(lane)
        lane.settle(RouteState())
    assert not lane.is_free(NOON)
    over.set()
    until = time.monotonic() + 20
    while not lane.is_free(NOON) and time.monotonic() < until:
        time.sleep(0.01)
    assert lane.is_free(NOON)


def test_a_pause_is_waited_for(lane: Lane) -> None:
    lane.settle(RouteState(1, NOON + timedelta(seconds=5), "no"))
    assert not lane.is_free(NOON)
    assert lane.is_free(NOON + timedelta(seconds=5))


def test_a_clock_that_is_set_back_ends_a_pause(lane: Lane) -> None:
    lane.settle(lane.next_state(SendingResult(False, "no", retry_after=5.0), NOON))
    assert not lane.is_free(NOON + timedelta(seconds=1))
    assert lane.is_free(NOON - timedelta(seconds=1))
