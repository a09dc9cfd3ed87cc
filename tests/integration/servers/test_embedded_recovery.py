"""Recovery of real embedded servers: they are killed, their leftover files are stale, their ports are taken."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import psycopg2
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from shared.embedded import Kafka, Postgres, ensure, kill, postgres_in
from shared.embedded.daemon import find, is_alive
from shared.embedded.lease import in_use, lease
from shared.embedded.ports import free_port
from shared.errors import Unavailable
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.settings.brokers import Brokers
from tests.integration.servers.server_user import User, silent
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def test_a_record_with_the_pid_of_another_process_is_ignored(spare_server: Kafka | Postgres) -> None:
    spare_server.folder.mkdir(exist_ok=True)
    bystander = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    (spare_server.folder / "server.json").write_text(
        json.dumps({"pid": bystander.pid, "port": spare_server.port})
    )
    with lease(spare_server, silent) as record:
        assert record.pid != bystander.pid
    assert bystander.poll() is None
    bystander.communicate()


def test_a_lost_record_does_not_lose_the_server(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent) as record:
        (spare_postgres.folder / "server.json").unlink()
        assert ensure(spare_postgres, silent) == record


def test_a_lock_file_with_the_pid_of_another_process_does_not_stop_the_start(
    spare_postgres: Postgres,
) -> None:
    with lease(spare_postgres, silent):
        lock = (spare_postgres.data / "postmaster.pid").read_text().split("\n")
        kill(spare_postgres)
        (spare_postgres.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock[1:]]))
        ensure(spare_postgres, silent)


def test_a_start_that_was_killed_midway_is_repaired(tmp_path: Path) -> None:
    server = postgres_in(tmp_path, free_port())
    user = User(server)
    user.read_until("say Creating the data folder")
    user.kill()
    with lease(server, silent) as record, psycopg2.connect(server.dsn(record.port)) as connection:
        assert connection.server_version // 10000 == 18
    connection.close()


def test_a_user_interrupted_while_the_server_starts_leaves_nothing_running(spare_kafka: Kafka) -> None:
    user = User(spare_kafka)
    user.read_until("say Starting Kafka")
    user.process.send_signal(signal.SIGINT)
    user.leave()
    assert user.process.returncode != 0
    assert find(spare_kafka) is None


def test_a_server_that_can_not_start_reports_why(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent):
        pass
    settings = spare_postgres.data / "postgresql.conf"
    before = settings.read_text()
    settings.write_text(before + "no_such_setting = 1\n")
    with pytest.raises(Unavailable, match="no_such_setting"), lease(spare_postgres, silent):
        pass
    settings.write_text(before)
    assert not in_use(spare_postgres)


def test_committed_rows_survive_a_killed_postgresql(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent) as record:
        with psycopg2.connect(spare_postgres.dsn(record.port)) as connection, connection.cursor() as cursor:
            cursor.execute("create table survivors as select 42 as answer")
        connection.close()
        kill(spare_postgres)
        again = ensure(spare_postgres, silent)
        assert again.port == record.port
        with psycopg2.connect(spare_postgres.dsn(again.port)) as connection, connection.cursor() as cursor:
            cursor.execute("select answer from survivors")
            assert cursor.fetchall() == [(42,)]
        connection.close()


def test_a_busy_backend_that_outlives_its_server_does_not_stop_the_next_start(
    spare_postgres: Postgres,
) -> None:
    with lease(spare_postgres, silent) as record:
        connection = psycopg2.connect(spare_postgres.dsn(record.port))
        backend = connection.info.backend_pid
        busy = threading.Thread(target=loop_without_end, args=(connection,))
        busy.start()
        wait_for(lambda: psutil.Process(backend).cpu_times().user > 0.1)
        server = psutil.Process(record.pid)
        server.kill()
        server.wait(PATIENCE)
        assert is_alive(backend)
        ensure(spare_postgres, silent)
        assert not is_alive(backend)
        busy.join()


def loop_without_end(connection: psycopg2.extensions.connection) -> None:
    """Keep the backend busy until it ends."""
    with pytest.raises(psycopg2.OperationalError), connection.cursor() as cursor:
        cursor.execute("do $$ begin loop end loop; end $$")
    connection.close()


def test_messages_survive_a_killed_kafka_and_a_taken_port(spare_kafka: Kafka) -> None:
    reports: list[str] = []
    with lease(spare_kafka, silent) as record:
        produce(spare_kafka.clients(record.port), b"kept through it all")
        kill(spare_kafka)
        # Both ports are taken meanwhile, so that the node must find itself at another port as its own controller.
        with (
            socket.create_server(("127.0.0.1", record.port)),
            socket.create_server(("127.0.0.1", record.port + 1)),
        ):
            moved = ensure(spare_kafka, reports.append)
            assert moved.port != record.port
            assert consume(spare_kafka.clients(moved.port)) == b"kept through it all"
    assert any(f"Port {record.port} is taken" in sentence for sentence in reports)


def produce(brokers: Brokers, message: bytes) -> None:
    """Make the topic and put one message in it, acknowledged."""
    admin = KafkaAdminClient(**client_settings(brokers))
    admin.create_topics([NewTopic("survivors", 1, 1)])
    admin.close()
    producer = KafkaProducer(**client_settings(brokers))
    producer.send("survivors", message).get(timeout=PATIENCE)
    producer.close()


def consume(brokers: Brokers) -> bytes:
    """The first message of the topic."""
    consumer = KafkaConsumer(
        "survivors",
        **client_settings(brokers),
        auto_offset_reset="earliest",
        consumer_timeout_ms=PATIENCE * 1000,
    )
    message: bytes = next(consumer).value
    consumer.close()
    return message
