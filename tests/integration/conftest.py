"""Fixtures that the tests with real servers share with each other."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from shared.postgres.database import Connection, connect
from tests.integration.desk import Desk
from tests.integration.live.yahoo_in_session import yahoo
from tests.integration.two_databases import databases

__all__ = ["databases", "yahoo"]


@pytest.fixture
def desk_connection(desk: Desk) -> Iterator[Connection]:
    """A connection to the tables of the test's own desk."""
    with closing(connect(desk.database(), "test")) as opened:
        yield opened
