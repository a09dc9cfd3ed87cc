"""A Yahoo on 127.0.0.1, in the middle of a session of New York."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.standin import Market, StandIn

NOW = datetime(2024, 7, 10, 15, tzinfo=UTC)


@pytest.fixture
def yahoo() -> Iterator[StandIn]:
    """A Yahoo at the time NOW."""
    with StandIn(Market(clock=NOW.timestamp)) as standin:
        yield standin
