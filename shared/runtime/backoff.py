"""How long to wait before the next attempt after failures in a row."""

import random

MAX_DOUBLINGS = 20
"""Keeps the power within the range of a float."""
MAX_RETRY_SECONDS = 10.0


def doubled(first: float, longest: float, doublings: int) -> float:
    """Seconds: `first`, doubled so many times, but at most `longest`."""
    pause: float = first * 2.0 ** min(doublings, MAX_DOUBLINGS)
    return min(longest, pause)


def retry_pause(base: float, failures: int) -> float:
    """Seconds from `base` for the first failure up to 10, with jitter so that parts don't retry simultaneously."""
    return jittered(doubled(base, MAX_RETRY_SECONDS, failures - 1), 0.5, 1.0)


def jittered(seconds: float, least: float, most: float) -> float:
    """`seconds` times a random factor between `least` and `most`."""
    return seconds * random.uniform(least, most)  # noqa: S311 (not used for security)
