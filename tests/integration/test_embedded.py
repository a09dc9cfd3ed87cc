"""The life of the embedded servers, with real ones: starting, sharing, dying and coming back."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from shared.embedded import Kafka, Postgres, ensure, kafka_in, kill, postgres_in
from shared.embedded.daemon import find, free_port, is_alive
from shared.embedded.lease import in_use, keep, lease, release
from shared.errors import Unavailable

PATIENCE = 60.0  # seconds
USER = """
import sys
from pathlib import Path
from shared.embedded import {function}
from shared.embedded.lease import lease
def say(text):
    print("say", text, flush=True)
with lease({function}(Path(sys.argv[1]), int(sys.argv[2])), say) as record:
    print("record", record.pid, record.port, flush=True)
    sys.stdin.read()
"""


def silent(sentence: str) -> None:
    """Say nothing."""


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when the condition holds; fail when it takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class User:
    """Another process that leases a server until it is told to leave."""

    def __init__(self, server: Kafka | Postgres) -> None:
        function = "kafka_in" if isinstance(server, Kafka) else "postgres_in"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                USER.format(function=function),
                str(server.folder.parent),
                str(server.port),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def read_until(self, word: str) -> str:
        """The rest of the next line that begins with `word`."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise AssertionError(f"the user ended before it said {word}")

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.leave()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One data folder for the tests of this file, named to find what trips over names."""
    return tmp_path_factory.mktemp("a folder, with äöü & $HOME")


@pytest.fixture(scope="module")
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture(params=["kafka", "postgres"])
def server(request: pytest.FixtureRequest, data: Path, ports: tuple[int, int]) -> Iterator[Kafka | Postgres]:
    """Each kind of server, not running, on a data folder that the tests share."""
    one = kafka_in(data, ports[0]) if request.param == "kafka" else postgres_in(data, ports[1])
    yield one
    release(one, silent, now=True)


@pytest.fixture
def postgres(data: Path, ports: tuple[int, int]) -> Iterator[Postgres]:
    """PostgreSQL alone, not running."""
    one = postgres_in(data, ports[1])
    yield one
    release(one, silent, now=True)


def test_two_starts_at_once_give_one_server_that_stops_with_the_last_user(server: Kafka | Postgres) -> None:
    first, second = User(server), User(server)
    records = {first.read_until("record"), second.read_until("record")}
    assert len(records) == 1
    first.leave()
    assert find(server) is not None
    second.leave()
    assert find(server) is None


def test_a_server_outlives_a_user_that_is_killed_and_is_used_again(server: Kafka | Postgres) -> None:
    user = User(server)
    pid = int(user.read_until("record").split()[0])
    user.kill()
    assert not in_use(server)
    with lease(server, silent) as record:
        assert record.pid == pid
    assert find(server) is None


def test_ctrl_c_in_the_terminal_does_not_reach_a_server(postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        assert os.getsid(record.pid) == record.pid


def test_a_kept_server_stays_until_it_is_released(server: Kafka | Postgres) -> None:
    kept = keep(server, silent)
    with lease(server, silent) as record:
        assert record == kept
    assert find(server) == kept
    assert release(server, silent, now=False)
    assert find(server) is None


def test_a_release_under_a_user_leaves_the_stop_to_the_user(postgres: Postgres) -> None:
    keep(postgres, silent)
    with lease(postgres, silent):
        assert not release(postgres, silent, now=False)
        assert find(postgres) is not None
    assert find(postgres) is None


def test_leases_in_one_process_are_counted(postgres: Postgres) -> None:
    with lease(postgres, silent) as outer:
        with lease(postgres, silent) as inner:
            assert inner == outer
        assert find(postgres) == outer
    assert find(postgres) is None


def test_a_record_with_the_pid_of_another_process_is_not_believed(server: Kafka | Postgres) -> None:
    server.folder.mkdir(exist_ok=True)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (server.folder / "server.json").write_text(json.dumps({"pid": bystander.pid, "port": server.port}))
    with lease(server, silent) as record:
        assert record.pid != bystander.pid
    assert bystander.poll() is None
    bystander.communicate()


def test_a_lost_record_does_not_lose_the_server(postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        (postgres.folder / "server.json").unlink()
        assert ensure(postgres, silent) == record


def test_a_lock_file_with_the_pid_of_another_process_does_not_stop_the_start(postgres: Postgres) -> None:
    with lease(postgres, silent):
        lock = (postgres.data / "postmaster.pid").read_text().split("\n")
        kill(postgres)
        (postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock[1:]]))
        ensure(postgres, silent)


def test_a_start_that_was_killed_midway_is_made_good(tmp_path: Path) -> None:
    server = postgres_in(tmp_path, free_port())
    user = User(server)
    user.read_until("say Making the data folder")
    user.kill()
    with lease(server, silent) as record, psycopg2.connect(server.dsn(record.port)) as connection:
        assert connection.server_version // 10000 == 18
    connection.close()


def test_a_user_interrupted_while_the_server_starts_leaves_nothing_running(
    data: Path, ports: tuple[int, int]
) -> None:
    server = kafka_in(data, ports[0])
    user = User(server)
    user.read_until("say Starting Kafka")
    user.process.send_signal(signal.SIGINT)
    user.leave()
    assert user.process.returncode != 0
    assert find(server) is None


def test_a_server_that_can_not_start_says_why(postgres: Postgres) -> None:
    with lease(postgres, silent):
        pass
    settings = postgres.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "no_such_setting = 1\n")
    with pytest.raises(Unavailable, match="no_such_setting"), lease(postgres, silent):
        pass
    settings.write_text(before)
    assert not in_use(postgres)


def test_servers_listen_on_this_machine_alone(server: Kafka | Postgres) -> None:
    with lease(server, silent) as record:
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(record.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_the_password_is_needed_and_nobody_else_can_read_it(postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        assert (postgres.folder / "password").stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(postgres.dsn(record.port), password="guess")


def test_committed_rows_survive_a_killed_postgresql(postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        with psycopg2.connect(postgres.dsn(record.port)) as connection, connection.cursor() as cursor:
            cursor.execute("create table survivors as select 42 as answer")
        connection.close()
        kill(postgres)
        again = ensure(postgres, silent)
        assert again.port == record.port
        with psycopg2.connect(postgres.dsn(again.port)) as connection, connection.cursor() as cursor:
            cursor.execute("select answer from survivors")
            assert cursor.fetchall() == [(42,)]
        connection.close()


def test_a_busy_backend_that_outlives_its_server_does_not_stop_the_next_start(postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        connection = psycopg2.connect(postgres.dsn(record.port))
        backend = connection.info.backend_pid
        busy = threading.Thread(target=loop_for_ever, args=(connection,))
        busy.start()
        wait_for(lambda: psutil.Process(backend).cpu_times().user > 0.1)
        kill(postgres)
        assert is_alive(backend)
        ensure(postgres, silent)
        assert not is_alive(backend)
        busy.join()


def loop_for_ever(connection: psycopg2.extensions.connection) -> None:
    """Keep the backend busy until it dies."""
    with pytest.raises(psycopg2.OperationalError), connection.cursor() as cursor:
        cursor.execute("do $$ begin loop end loop; end $$")
    connection.close()


def test_messages_survive_a_killed_kafka_and_a_taken_port(data: Path, ports: tuple[int, int]) -> None:
    server = kafka_in(data, ports[0])
    said: list[str] = []
    with lease(server, silent) as record:
        produce(f"127.0.0.1:{record.port}", b"kept through it all")
        kill(server)
        # Both ports are taken meanwhile, so that the node must find itself anew as its own controller.
        with (
            socket.create_server(("127.0.0.1", record.port)),
            socket.create_server(("127.0.0.1", record.port + 1)),
        ):
            moved = ensure(server, said.append)
            assert moved.port != record.port
            assert consume(f"127.0.0.1:{moved.port}") == b"kept through it all"
    assert any(f"Port {record.port} is taken" in sentence for sentence in said)


def produce(bootstrap: str, message: bytes) -> None:
    """Make the topic and put one message in it, acknowledged."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic("survivors", 1, 1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send("survivors", message).get(timeout=PATIENCE)
    producer.close()


def consume(bootstrap: str) -> bytes:
    """The first message of the topic."""
    consumer = KafkaConsumer(
        "survivors",
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        consumer_timeout_ms=PATIENCE * 1000,
    )
    message: bytes = next(consumer).value
    consumer.close()
    return message


def test_the_command_line_starts_shows_and_stops_both(data: Path, ports: tuple[int, int]) -> None:
    assert command("status", data, ports).stdout.count("not running") == 2
    assert command("up", data, ports).stdout.count("is up on") == 2
    shown = command("status", data, ports).stdout
    assert shown.count("no users, kept until down") == 2
    assert f"127.0.0.1:{ports[0]}" in shown
    stopped = command("down", data, ports)
    assert stopped.stdout.count("is down") == 2
    assert stopped.returncode == 0
    assert command("status", data, ports).stdout.count("not running") == 2


def test_the_command_line_says_who_is_in_use(data: Path, ports: tuple[int, int], postgres: Postgres) -> None:
    with lease(postgres, silent) as record:
        assert "in use" in command("status", data, ports).stdout
        refused = command("down", data, ports)
        assert refused.returncode == 1
        assert "PostgreSQL is in use" in refused.stderr
        assert find(postgres) == record
        assert command("down", data, ports, "--now").returncode == 0
        assert find(postgres) is None


def command(word: str, data: Path, ports: tuple[int, int], *more: str) -> subprocess.CompletedProcess[str]:
    """What became of the command."""
    options = ["--data", str(data), "--kafka-port", str(ports[0]), "--postgres-port", str(ports[1]), *more]
    argv = [sys.executable, "-m", "shared.embedded", word, *options]
    return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)


def test_fixtures_give_both_servers(embedded_kafka: str, embedded_postgres: str) -> None:
    assert KafkaAdminClient(bootstrap_servers=embedded_kafka).describe_cluster()["brokers"]
    connection = psycopg2.connect(embedded_postgres)
    assert connection.info.dbname == "postgres"
    connection.close()
