"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable

from tests.slowness import PATIENCE, slowness


def wait_for(condition: Callable[[], bool], limit: float = PATIENCE) -> float:
    """How many seconds it took until `condition` held; AssertionError after `limit` seconds of a free machine."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit * slowness(), f"not within {limit} s"
        time.sleep(0.01)
    return time.monotonic() - began
