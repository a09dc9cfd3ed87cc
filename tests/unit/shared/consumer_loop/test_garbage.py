"""Cycles of objects are freed between steps."""

import gc
from collections.abc import Iterator
from weakref import ref

import pytest

from shared.consumer_loop.garbage import STEPS_A_ROUND, GarbageRounds


class Ring:
    """An object that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _only_here() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


def test_what_a_step_leaves_is_freed_after_it() -> None:
    left = ref(Ring())
    assert left() is not None
    GarbageRounds().step_done()
    assert left() is None


def test_what_lived_longer_than_its_step_is_freed_within_a_round() -> None:
    rounds = GarbageRounds()
    ring = Ring()
    rounds.step_done()
    left = ref(ring)
    del ring
    rounds.step_done()
    assert left() is not None, "it is not looked through after each step"
    for _ in range(STEPS_A_ROUND):
        rounds.step_done()
    assert left() is None
