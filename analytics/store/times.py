"""Times as the tables hold them."""

from datetime import UTC, datetime
from functools import lru_cache

AFTER_ALL_BARS = 2**40
"""A time in epoch seconds."""


@lru_cache(maxsize=8192)
def utc(second: int) -> datetime:
    """Epoch seconds as a datetime; cached, because bars of many symbols share few times."""
    return datetime.fromtimestamp(second, UTC)
