"""A connection to the tables of a desk, for tests of what the producer stores."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.postgres.database import Connection, connect
from tests.integration.desk import Desk


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    """To the tables of the test's own desk."""
    with closing(connect(desk.database(), "test")) as opened:
        yield opened
