"""The stand-in with a clock that the tests of this folder set."""

from collections.abc import Iterator

import pytest

from tests.standin import Clock, Market, StandIn
from tests.unit.standin_clients import INSTRUMENTS, WEDNESDAY


@pytest.fixture
def clock() -> Clock:
    return Clock(WEDNESDAY)


@pytest.fixture
def standin(clock: Clock) -> Iterator[StandIn]:
    with StandIn(Market(clock, INSTRUMENTS)) as running:
        yield running
