"""Scenario: an embedded Kafka or PostgreSQL hangs, for example stopped by a signal. Its ports stay open without an
answer, so no client gets an error. A request with a time limit detects it; it is killed and started again with all
its data."""

import os
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event

import psutil
import psycopg2
import pytest
from kafka import KafkaProducer

from shared.embedded import Kafka, Postgres, daemon, ensure, kill, watch
from shared.embedded.daemon import ServerRecord, find, is_alive
from shared.embedded.lease import keep, lease
from shared.embedded.ports import free_port
from shared.embedded.postgres.probe import responds
from shared.kafka import make_topics
from shared.kafka.clients.kafka_python.settings import client_settings
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE
from tests.waiting import wait_for

QUICK_SECONDS, SLOW_SECONDS = 0.5, 60.0


@contextmanager
def impatience() -> Iterator[None]:
    """Nobody waits as long as is right for a busy machine: only where a server is known to hang."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(daemon, "HANG_LIMIT", QUICK_SECONDS)
        yield


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is only slow does not hang; it is looked after all the more often."""
    monkeypatch.setattr(daemon, "HANG_LIMIT", SLOW_SECONDS)
    monkeypatch.setattr(watch, "CHECK_SECONDS", QUICK_SECONDS)


def write(server: Kafka | Postgres, record: ServerRecord) -> None:
    """Something that has to be there after all."""
    if isinstance(server, Postgres):
        with closing(psycopg2.connect(server.dsn(record.port))) as connection:
            with connection.cursor() as cursor:
                cursor.execute("create table if not exists kept as select 42 as answer")
            connection.commit()
        return
    brokers = server.clients(record.port)
    make_topics(brokers, "kept", 1)
    with closing(KafkaProducer(**client_settings(brokers), acks="all")) as producer:
        producer.send("kept", b"42", partition=0).get(PATIENCE)


def is_whole(server: Kafka | Postgres, record: ServerRecord) -> bool:
    """Whether it is there, and the server takes more."""
    if isinstance(server, Postgres):
        with closing(psycopg2.connect(server.dsn(record.port))) as connection, connection.cursor() as cursor:
            cursor.execute("select answer from kept")
            return cursor.fetchall() == [(42,)]
    with closing(KafkaProducer(**client_settings(server.clients(record.port)), acks="all")) as producer:
        return int(producer.send("kept", b"43", partition=0).get(PATIENCE).offset) >= 1


@pytest.fixture
def frozen(spare_server: Kafka | Postgres) -> Iterator[tuple[Kafka | Postgres, ServerRecord]]:
    """A server that holds something and hangs, with every process of it; nobody uses it."""
    record = keep(spare_server, silent)
    write(spare_server, record)
    yield spare_server, stopped(record)
    kill(spare_server)


def stopped(record: ServerRecord) -> ServerRecord:
    """The same server, after SIGSTOP has reached every thread of it and of its children."""
    process = psutil.Process(record.pid)
    pids = [each.pid for each in (process, *process.children(recursive=True))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: {*states(pids)} <= {"T", "Z"})  # stopped, or ended and not waited for
    return record


def states(pids: Iterable[int]) -> Iterator[str]:
    """The state of each thread, as proc(5) has it; none where there is no such file system."""
    for pid in pids:
        for stat in Path(f"/proc/{pid}/task").glob("*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):
                yield stat.read_text().rpartition(")")[2].split()[0]


def test_server_that_hangs_is_replaced_by_the_next_part_that_starts(
    frozen: tuple[Kafka | Postgres, ServerRecord],
) -> None:
    server, before = frozen
    children = psutil.Process(before.pid).children(recursive=True)
    reports: list[str] = []
    with impatience():
        after = ensure(server, reports.append)
    assert (after.pid != before.pid, is_alive(before.pid)) == (True, False)
    assert psutil.wait_procs(children, timeout=PATIENCE)[1] == []
    assert f"(pid {before.pid}) does not answer: it is killed and restarted" in "\n".join(reports)
    assert is_whole(server, after)


@pytest.mark.variant
def test_server_that_hangs_under_its_users_is_replaced_though_none_of_them_starts(
    spare_server: Kafka | Postgres,
) -> None:
    with lease(spare_server, silent) as record:
        write(spare_server, record)
        stopped(record)
        with impatience():
            wait_for(lambda: not is_alive(record.pid))
        wait_for(lambda: (now := find(spare_server)) is not None and now.pid not in (0, record.pid))
        assert is_whole(spare_server, ensure(spare_server, silent))


class Slow(Postgres):
    """A server that accepts a connection and does not answer until its user has left."""

    asked, left = Event(), Event()

    def responds(self, port: int) -> bool:
        self.asked.set()
        self.left.wait(PATIENCE)
        return False


def test_server_that_is_asked_while_its_last_user_leaves_does_not_start_again(
    spare_postgres: Postgres,
) -> None:
    """Scenario: Ctrl-C while a server hangs: it was stopped with its last user, and then ran on without any."""
    server = Slow(spare_postgres.folder, spare_postgres.port)
    before = set(threading.enumerate())
    with lease(server, silent):
        assert server.asked.wait(PATIENCE)
    assert find(server) is None
    server.left.set()
    wait_for(
        lambda: all(thread.name != f"{server.name} watch" for thread in {*threading.enumerate()} - before)
    )
    assert find(server) is None


def test_server_that_refuses_or_is_stopped_does_not_hang(spare_postgres: Postgres) -> None:
    record = keep(spare_postgres, silent)
    assert responds(spare_postgres.dsn(record.port), PATIENCE)
    assert responds(spare_postgres.dsn(record.port).replace("user=postgres", "user=nobody"), PATIENCE)
    assert responds(spare_postgres.dsn(free_port()), PATIENCE)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert not responds(spare_postgres.dsn(mute.getsockname()[1]), QUICK_SECONDS)
    assert not daemon.hangs(spare_postgres, record)


def test_server_at_its_start_may_take_long(frozen: tuple[Kafka | Postgres, ServerRecord]) -> None:
    """Scenario: recovery after a crash reads a lot; killing it then would make it begin again without end."""
    server, record = frozen
    if isinstance(server, Postgres):
        lock = server.data / "postmaster.pid"
        lock.write_text(lock.read_text().replace("ready", "starting"))
    else:
        server.opened.unlink()
    assert not daemon.hangs(server, record)
