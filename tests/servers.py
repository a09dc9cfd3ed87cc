"""Real servers for the tests: started once for the whole run, on free ports."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import count
from pathlib import Path

import pytest

from shared.embedded import Kafka, Postgres, kafka_in, lease_kafka, lease_postgres, postgres_in
from shared.embedded.lease import release
from shared.embedded.ports import free_port
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.settings.brokers import Brokers, ClientChoice
from tests.chaos.recording import made_up
from tests.copied import database_with_tables
from tests.integration.desk import Desk
from tests.integration.live.live import stand_in
from tests.integration.servers.server_user import silent
from tests.standin import StandIn
from tests.unit.quick_search import POOL

numbers = count(1)


def report(sentence: str) -> None:
    """Print the messages of the servers, beside pytest's own output."""
    sys.stderr.write(sentence + "\n")


@pytest.fixture(scope="session")
def embedded_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this run's servers."""
    return tmp_path_factory.mktemp("embedded")


@pytest.fixture(scope="session")
def embedded_kafka(embedded_data: Path) -> Iterator[Brokers]:
    """A Kafka that lives for the whole run. Make topics of your own in it."""
    with lease_kafka(embedded_data, report, port=free_port()) as brokers:
        yield brokers


@pytest.fixture(scope="session")
def embedded_postgres(embedded_data: Path) -> Iterator[str]:
    """The superuser's DSN of a PostgreSQL that lives for the whole run. Make a database of your own in it."""
    with lease_postgres(embedded_data, report, port=free_port()) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def one_search_process() -> Iterator[None]:
    """Analytics parts in threads of this process use the search process of all tests: each would start its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analytics.analytics_consumer.SearchPool", lambda: nullcontext(POOL))
        yield


@pytest.fixture
def desk(embedded_kafka: Brokers, embedded_postgres: str, tmp_path: Path, one_search_process: None) -> Desk:
    """A topic and a database of the test's own."""
    return Desk(embedded_kafka, embedded_postgres, tmp_path, f"desk-{next(numbers)}")


@pytest.fixture(params=["confluent", pytest.param("kafka-python", marks=pytest.mark.second_client)])
def each_client(request: pytest.FixtureRequest) -> ClientChoice:
    """The default Kafka client, and in `make test-extras` the other one."""
    client: ClientChoice = request.param
    if client == "confluent":
        pytest.importorskip("confluent_kafka", reason="confluent-kafka is not built for this platform")
    return client


@pytest.fixture
def recording(tmp_path: Path) -> list[Path]:
    """Ten minutes of four symbols."""
    return made_up(tmp_path, minutes=10, quotes_a_minute=100)


@pytest.fixture(scope="session")
def spare_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of servers that tests may kill, with a name to find what trips over names."""
    return tmp_path_factory.mktemp("a folder, with äöü & $HOME")


@pytest.fixture(scope="session")
def spare_ports() -> tuple[int, int]:
    """Where Kafka and PostgreSQL of the spare data folder listen."""
    return free_port(), free_port()


@pytest.fixture
def spare_kafka(spare_data: Path, spare_ports: tuple[int, int]) -> Iterator[Kafka]:
    """A Kafka of the test's own: not running, stopped afterwards; its data stay for the next test."""
    server = kafka_in(spare_data, spare_ports[0])
    yield server
    release(server, silent, now=True)


@pytest.fixture
def spare_postgres(spare_data: Path, spare_ports: tuple[int, int]) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own, likewise."""
    server = postgres_in(spare_data, spare_ports[1])
    yield server
    release(server, silent, now=True)


@pytest.fixture(params=["spare_kafka", "spare_postgres"])
def spare_server(request: pytest.FixtureRequest) -> Kafka | Postgres:
    """Each of the two, one after the other."""
    server: Kafka | Postgres = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """Every provider on 127.0.0.1, with two coins that trade all week. Tests of other markets have one of their own."""
    with stand_in() as standin:
        yield standin


@pytest.fixture
def dsn(embedded_postgres: str, request: pytest.FixtureRequest) -> str:
    """An empty database of this test's own, with its tables."""
    name = request.node.name.removeprefix("test_")[:60]
    return database_with_tables(embedded_postgres, name)


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    """A connection to the test's database."""
    opened = connect(dsn, "test")
    yield opened
    opened.close()


@pytest.fixture
def cursor(connection: Connection) -> Iterator[Cursor]:
    """A cursor in a transaction."""
    with transaction(connection) as opened:
        yield opened
