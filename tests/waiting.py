"""Waiting for a condition instead of for a time."""

import time
from collections.abc import Callable

from tests.slowness import PATIENCE, slowness

LONGEST_PAUSE = 0.2
"""Seconds between two looks. The first ones follow each other faster: most conditions hold soon. The later ones are
rarer: many a look is a new connection to a database or a log."""


def wait_for(condition: Callable[[], bool], limit: float = PATIENCE) -> float:
    """How many seconds it took until `condition` held; AssertionError after `limit` seconds of a free machine."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < limit * slowness(), f"not within {limit} s"
        time.sleep(max(0.01, min(LONGEST_PAUSE, (time.monotonic() - began) / 10)))
    return time.monotonic() - began
