"""A thread beside its owner: it is told to end, and waited for."""

import threading
from threading import Event

import pytest

from shared.runtime.background import in_background
from tests.slowness import PATIENCE


def test_work_has_ended_after_its_context_even_if_that_failed() -> None:
    done = list[bool]()

    def work(over: Event) -> None:
        done.append(over.wait(PATIENCE))

    with pytest.raises(ValueError, match="the owner"), in_background(work, "worker"):
        raise ValueError("the owner failed")
    assert done == [True]


def test_work_that_does_not_end_is_left_behind_and_holds_up_no_process() -> None:
    released = Event()

    def work(_: Event) -> None:
        released.wait(PATIENCE)

    with in_background(work, "stuck", 0.0):
        (stuck,) = (each for each in threading.enumerate() if each.name == "stuck")
    assert stuck.is_alive() and stuck.daemon
    released.set()
    stuck.join()
