"""Yahoo at a stand-in, for the tests of this folder."""

from collections.abc import Iterator

import pytest

from producer.sources.yahoo import Yahoo
from tests.standin import StandIn
from tests.unit.yahoo_standin import market, yahoo_at


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(market()) as standin:
        yield standin


@pytest.fixture
def yahoo(standin: StandIn) -> Yahoo:
    return yahoo_at(standin)
