"""Two databases with the tables of this version, for tests that compare what two runs wrote."""

from collections.abc import Iterator
from contextlib import closing
from hashlib import md5

import pytest

from db.migrate import migrate
from shared.postgres.database import Connection, connect, make_database


@pytest.fixture
def databases(
    embedded_postgres: str, request: pytest.FixtureRequest
) -> Iterator[tuple[Connection, Connection]]:
    """Two empty databases of this test: one to be changed or disturbed, one to compare with."""
    test = md5(request.node.nodeid.encode()).hexdigest()
    dsns = [make_database(embedded_postgres, f"{which}_{test}") for which in ("changed", "fresh")]
    for dsn in dsns:
        migrate(dsn)
    with closing(connect(dsns[0], "test")) as one, closing(connect(dsns[1], "test")) as other:
        yield one, other
