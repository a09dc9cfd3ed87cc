"""Times as the tables hold them."""

from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=8192)
def utc(second: int) -> datetime:
    """Epoch seconds as a datetime; cached, because bars of many symbols share few times."""
    return datetime.fromtimestamp(second, UTC)
