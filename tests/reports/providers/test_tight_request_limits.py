"""Scenario: a free key allows few requests a minute. With 74 symbols a round took longer than the hang limit of a
thread, so the producer was treated as hanging and killed, again and again."""

import os
from collections.abc import Iterator
from threading import Event, Thread
from types import SimpleNamespace

import pytest

from producer.sources.one_by_one import polled
from producer.transport.rate_limits import RequestLimit
from producer.workers.quote_receiver import STUCK_SECONDS
from shared.market.records import Quote
from shared.observability import heartbeat as pulse
from tests.slowness import PATIENCE
from tests.standing_clock import SteppedClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SteppedClock:
    """The clock of heartbeats and request limits."""
    clock = SteppedClock()
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=clock))
    return clock


@pytest.fixture
def signs(clock: SteppedClock) -> Iterator[int]:
    """The pipe that the supervisor reads; this thread runs the loop."""
    ours, theirs = os.pipe()
    os.set_blocking(ours, False)
    pulse.begin(theirs)
    os.read(ours, 100)
    yield ours
    pulse.begin(None)
    os.close(ours)
    os.close(theirs)


def test_thread_that_waits_for_its_next_request_is_not_taken_for_one_that_hangs(
    clock: SteppedClock, signs: int
) -> None:
    limit = RequestLimit(5, clock.wait, clock)
    asked, over = Event(), Event()

    def ask(name: str) -> list[Quote]:
        limit.take()
        return []

    def work() -> None:
        with pulse.strand(STUCK_SECONDS):
            polled([f"S{number}" for number in range(100)], ask)
            asked.set()
            over.wait(PATIENCE)

    began = clock.now
    thread = Thread(target=work)
    thread.start()
    assert asked.wait(PATIENCE)
    assert clock.now - began > STUCK_SECONDS
    pulse.beat()
    assert os.read(signs, 100) == b"0\n"
    over.set()
    thread.join()


def test_thread_that_is_no_part_of_the_loop_sends_no_heartbeat_for_it(
    clock: SteppedClock, signs: int
) -> None:
    """The thread that asks for the names of companies waits for the same limit, though the loop may hang."""
    limit = RequestLimit(5, clock.wait, clock)

    def work() -> None:
        for _ in range(20):
            limit.take()

    thread = Thread(target=work)
    thread.start()
    thread.join()
    with pytest.raises(BlockingIOError):
        os.read(signs, 100)
    pulse.beat()
    assert os.read(signs, 100) == b"0\n"
