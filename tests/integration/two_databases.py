"""Two databases with the tables of this version, for tests that compare what two runs wrote."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5

import pytest

from shared.postgres.database import Connection, connect
from tests.copied import database_with_tables


@pytest.fixture
def databases(
    embedded_postgres: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Connection, Connection]]:
    """Two empty databases of this test: one to be changed or disturbed, one to compare with."""
    test = md5(request.node.nodeid.encode()).hexdigest()
    dsns = [database_with_tables(embedded_postgres, f"{which}_{test}") for which in ("changed", "fresh")]
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield one, other
