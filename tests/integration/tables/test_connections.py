"""Connections that are kept for the next query of a viewer."""

from collections.abc import Iterator
from contextlib import closing
from threading import Barrier, Thread

import pytest

from dashboard.read.sql.connections import MOST_IDLE, ReadConnections
from shared.errors import StopPart, Unavailable
from shared.postgres.database import Cursor, connect, transaction


@pytest.fixture
def connections(dsn: str) -> Iterator[ReadConnections]:
    with closing(ReadConnections(lambda: dsn)) as made:
        yield made


def backend(cursor: Cursor) -> int:
    """The process of the server that answers."""
    cursor.execute("select pg_backend_pid()")
    ((pid,),) = cursor.fetchall()
    return int(pid)


def asked(connections: ReadConnections) -> int:
    """The process that answers the next query."""
    with connections.query() as cursor:
        return backend(cursor)


def end(dsn: str, pid: int) -> None:
    """End a connection on the server's side, as a restart does."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("select pg_terminate_backend(%s, 10000)", (pid,))


def test_next_query_takes_the_connection_of_the_one_before(connections: ReadConnections) -> None:
    assert asked(connections) == asked(connections)


def test_queries_at_the_same_time_have_a_connection_each_and_few_are_kept(
    connections: ReadConnections,
) -> None:
    together, found = Barrier(MOST_IDLE + 2), list[int]()

    def ask() -> None:
        with connections.query() as cursor:
            found.append(backend(cursor))
            together.wait(60.0)

    threads = [Thread(target=ask) for _ in range(MOST_IDLE + 1)]
    for thread in threads:
        thread.start()
    together.wait(60.0)
    for thread in threads:
        thread.join()
    assert len(set(found)) == MOST_IDLE + 1
    assert len(connections._idle) == MOST_IDLE


def test_connection_that_the_server_has_ended_is_replaced(dsn: str, connections: ReadConnections) -> None:
    first = asked(connections)
    end(dsn, first)
    assert asked(connections) != first


def test_failed_query_leaves_no_connection_behind(connections: ReadConnections) -> None:
    with pytest.raises(StopPart, match="read-only"), connections.query() as cursor:
        cursor.execute("create table unwanted ()")
    assert connections._idle == []


def test_database_that_moved_is_asked_at_its_new_address(dsn: str) -> None:
    addresses = [dsn, "host=127.0.0.1 port=9 dbname=nowhere"]
    with closing(ReadConnections(lambda: addresses[0])) as connections:
        asked(connections)
        addresses.pop(0)
        with pytest.raises(Unavailable):
            asked(connections)
