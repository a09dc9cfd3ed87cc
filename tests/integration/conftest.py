"""Real servers for every integration test: started once for the whole run, on free ports."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.embedded import lease_kafka, lease_postgres
from shared.embedded.daemon import free_port


def say(sentence: str) -> None:
    """Show what the servers say, beside pytest's own output."""
    sys.stderr.write(sentence + "\n")


@pytest.fixture(scope="session")
def embedded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this run's servers."""
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="session")
def embedded_kafka(embedded_data: Path) -> Iterator[str]:
    """The bootstrap address of a Kafka that lives for the whole run. Make topics of your own in it."""
    with lease_kafka(embedded_data, say, port=free_port()) as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session")
def embedded_postgres(embedded_data: Path) -> Iterator[str]:
    """The superuser's DSN of a PostgreSQL that lives for the whole run. Make a database of your own in it."""
    with lease_postgres(embedded_data, say, port=free_port()) as dsn:
        yield dsn
