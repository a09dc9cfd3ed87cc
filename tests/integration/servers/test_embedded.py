"""Several users of the embedded servers, with real servers: who starts and who stops them."""

import os
import subprocess
import sys

import psutil
import psycopg2
import pytest
from kafka.admin import KafkaAdminClient

from shared.embedded import Kafka, Postgres
from shared.embedded.daemon import find
from shared.embedded.lease import in_use, keep, lease, release
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.settings.brokers import Brokers
from tests.integration.servers.server_user import User, silent
from tests.slowness import PATIENCE


def test_two_starts_at_once_give_one_server_that_stops_with_the_last_user(
    spare_server: Kafka | Postgres,
) -> None:
    first, second = User(spare_server), User(spare_server)
    records = {first.read_until("record"), second.read_until("record")}
    assert len(records) == 1
    first.leave()
    assert find(spare_server) is not None
    second.leave()
    assert find(spare_server) is None


def test_a_server_outlives_a_user_that_is_killed_and_is_used_again(spare_server: Kafka | Postgres) -> None:
    user = User(spare_server)
    pid = int(user.read_until("record").split()[0])
    user.kill()
    assert not in_use(spare_server)
    with lease(spare_server, silent) as record:
        assert record.pid == pid
    assert find(spare_server) is None


def test_ctrl_c_in_the_terminal_does_not_reach_a_server(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent) as record:
        assert os.getsid(record.pid) == record.pid


def test_a_kept_server_stays_until_it_is_released(spare_server: Kafka | Postgres) -> None:
    kept = keep(spare_server, silent)
    with lease(spare_server, silent) as record:
        assert record == kept
    assert find(spare_server) == kept
    assert release(spare_server, silent, now=False)
    assert find(spare_server) is None


def test_a_release_under_a_user_leaves_the_stop_to_the_user(spare_postgres: Postgres) -> None:
    keep(spare_postgres, silent)
    with lease(spare_postgres, silent):
        assert not release(spare_postgres, silent, now=False)
        assert find(spare_postgres) is not None
    assert find(spare_postgres) is None


def test_leases_in_one_process_are_counted(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent) as outer:
        with lease(spare_postgres, silent) as inner:
            assert inner == outer
        assert find(spare_postgres) == outer
    assert find(spare_postgres) is None


def test_servers_listen_on_this_machine_alone(spare_server: Kafka | Postgres) -> None:
    with lease(spare_server, silent) as record:
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(record.pid).net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        ]
    assert listening
    assert {address.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}


def test_the_password_is_needed_and_nobody_else_can_read_it(spare_postgres: Postgres) -> None:
    with lease(spare_postgres, silent) as record:
        assert (spare_postgres.folder / "password").stat().st_mode & 0o777 == 0o600
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(spare_postgres.dsn(record.port), password="guess")


def test_the_command_line_starts_shows_and_stops_both(spare_kafka: Kafka, spare_postgres: Postgres) -> None:
    servers = spare_kafka, spare_postgres
    assert command("status", *servers).stdout.count("not running") == 2
    assert command("up", *servers).stdout.count("is up on") == 2
    shown = command("status", *servers).stdout
    assert shown.count("no users, kept until down") == 2
    assert f"127.0.0.1:{spare_kafka.port} --command-config {spare_kafka.login_file}" in shown
    assert f"cat {spare_postgres.login_file}" in shown
    stopped = command("down", *servers)
    assert stopped.stdout.count("is down") == 2
    assert stopped.returncode == 0
    assert command("status", *servers).stdout.count("not running") == 2


def test_the_command_line_shows_which_server_is_in_use(spare_kafka: Kafka, spare_postgres: Postgres) -> None:
    servers = spare_kafka, spare_postgres
    with lease(spare_postgres, silent) as record:
        assert "in use" in command("status", *servers).stdout
        refused = command("down", *servers)
        assert refused.returncode == 1
        assert "PostgreSQL is in use" in refused.stderr
        assert find(spare_postgres) == record
        assert command("down", *servers, "--now").returncode == 0
        assert find(spare_postgres) is None


def command(word: str, kafka: Kafka, postgres: Postgres, *more: str) -> subprocess.CompletedProcess[str]:
    """The completed command to both servers."""
    ports = ["--kafka-port", str(kafka.port), "--postgres-port", str(postgres.port)]
    argv = [sys.executable, "-m", "shared.embedded", word, "--data", str(kafka.folder.parent), *ports, *more]
    return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE)


def test_fixtures_give_both_servers(embedded_kafka: Brokers, embedded_postgres: str) -> None:
    assert KafkaAdminClient(**client_settings(embedded_kafka)).describe_cluster()["brokers"]
    connection = psycopg2.connect(embedded_postgres)
    assert connection.info.dbname == "postgres"
    connection.close()
