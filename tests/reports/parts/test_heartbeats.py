"""Heartbeats of a part with threads that hang, long steps, and a supervisor that is stopped."""

import os
import time
from contextlib import suppress
from threading import Event, Thread

import pytest

from shared.observability.heartbeat import BEAT_SECONDS, Pulse
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def test_a_loop_sends_no_heartbeat_while_one_of_its_threads_hangs() -> None:
    ours, theirs = os.pipe()
    pulse, begun, turn, over = Pulse(), Event(), Event(), Event()
    pulse.begin(theirs)
    os.read(ours, 100)

    def work() -> None:
        with pulse.strand(0.2):
            begun.set()
            turn.wait(PATIENCE)
            while not over.wait(0.01):
                pulse.beat()

    thread = Thread(target=work)
    thread.start()
    begun.wait(PATIENCE)
    wait_for(lambda: pulse._is_stuck(time.monotonic()))
    os.set_blocking(ours, False)
    until = time.monotonic() + 1.5 * BEAT_SECONDS
    while time.monotonic() < until:
        pulse.beat()
    with pytest.raises(BlockingIOError):
        os.read(ours, 100)
    turn.set()

    def is_sent() -> bool:
        pulse.beat()
        with suppress(BlockingIOError):
            return os.read(ours, 100).startswith(b"0\n")
        return False

    wait_for(is_sent)
    over.set()
    thread.join()
    os.close(ours)
    os.close(theirs)


def test_heartbeats_never_wait_for_a_supervisor_that_is_stopped() -> None:
    ours, theirs = os.pipe()
    pulse = Pulse()
    pulse.begin(theirs)
    for _ in range(100_000):
        pulse.report_failure("x" * 1000)
    os.close(ours)
    pulse.report_failure("nobody listens")
    os.close(theirs)


def test_after_long_steps_of_several_threads_the_normal_limit_applies() -> None:
    """Scenario: two charts were loaded at once; from then on a frozen screen was found after 15 minutes, not one."""
    ours, theirs = os.pipe()
    pulse = Pulse()
    pulse.begin(theirs)
    first, second = pulse.long_step(900), pulse.long_step(300)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert os.read(ours, 100).split() == [b"0", b"900", b"900", b"300", b"0"]
    os.close(ours)
    os.close(theirs)
