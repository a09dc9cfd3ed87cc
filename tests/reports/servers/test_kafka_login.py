"""Another user of this machine can reach the port of the embedded Kafka, and can do nothing else with it."""

import json
import logging
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaTimeoutError

from shared.embedded import Kafka, kafka_in
from shared.embedded.__main__ import LESSON
from shared.embedded.daemon import run
from shared.embedded.kafka.login import administrator, count_brokers
from shared.embedded.kafka.server import SETTINGS
from shared.embedded.lease import lease
from shared.embedded.ports import free_port
from shared.errors import ConfigError, Unavailable
from shared.kafka import LogWriter, make_topics, open_log
from shared.kafka.clients.kafka_python.settings import client_settings
from shared.kafka.connection import PLAIN
from shared.kafka.login import set_password
from shared.settings.brokers import Brokers, ClientChoice
from tests.integration.servers.server_user import silent
from tests.slowness import PATIENCE
from tests.waiting import wait_for


def opened(brokers: Brokers, **settings: Any) -> bool:
    """Whether a client gets in."""
    try:
        KafkaAdminClient(**client_settings(brokers) | {"bootstrap_timeout_ms": 1000} | settings).close()
    except KafkaTimeoutError:
        return False
    return True


def test_client_without_the_password_gets_nothing(embedded_kafka: Brokers) -> None:
    """Scenario: any user of the machine could read and write every topic at 127.0.0.1:29092."""
    wait_for(lambda: opened(embedded_kafka))
    assert not opened(Brokers(embedded_kafka.bootstrap))
    assert not opened(embedded_kafka._replace(password="guess"))
    assert not opened(embedded_kafka, sasl_mechanism=PLAIN)
    assert not opened(Brokers(embedded_kafka.bootstrap, "administrator", "none"), sasl_mechanism=PLAIN)


def test_topics_and_ranges_need_the_password_too(embedded_kafka: Brokers, each_client: ClientChoice) -> None:
    log = make_topics(embedded_kafka._replace(client=each_client), f"asked-{each_client}", 1)
    stranger = log.brokers._replace(password="guess")
    with pytest.raises(Unavailable, match=f"Kafka at {log.bootstrap}"):
        make_topics(stranger, log.topic, 1)
    with (
        pytest.raises(Unavailable, match=f"Kafka at {log.bootstrap}"),
        open_log(log._replace(brokers=stranger)),
    ):
        pass


def test_password_is_set_by_the_administrator_alone(at_work: Kafka, each_client: ClientChoice) -> None:
    """The new user can log in as soon as the password is set."""
    chosen = administrator(at_work.settings, at_work.port)._replace(client=each_client)
    clerk = chosen._replace(user=f"clerk-{each_client}", password="first")
    for password in ("first", "second"):
        set_password(chosen, clerk._replace(password=password))
        make_topics(clerk._replace(password=password), "shown-to-the-clerk", 1)
    with pytest.raises(Unavailable):
        make_topics(clerk, "shown-to-the-clerk", 1)
    with pytest.raises(Unavailable):
        set_password(clerk._replace(password="second"), clerk)


@pytest.fixture
def at_work(embedded_kafka: Brokers, embedded_data: Path) -> Kafka:
    """The broker that all tests share, for those that only look at it."""
    return kafka_in(embedded_data, int(embedded_kafka.bootstrap.rpartition(":")[2]))


def test_controller_asks_for_a_login_too(at_work: Kafka) -> None:
    """Scenario: the broker's second port, on which topics can be made and deleted as well."""
    written = at_work.settings.read_text()
    (line,) = (line for line in written.splitlines() if line.startswith("controller.quorum.voters"))
    controller = line.rpartition("@")[2]
    assert not opened(Brokers(controller))
    with pytest.raises(ConnectionRefusedError):
        count_brokers(Brokers(controller, "administrator", "guess"))


def test_passwords_are_for_the_owner_alone_and_in_no_command_line_and_no_log(
    spare_kafka: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: another user reads the files beside the broker, the list of processes, or a log at level DEBUG."""
    with caplog.at_level(logging.DEBUG), lease(spare_kafka, silent) as record:
        brokers = spare_kafka.clients(record.port)
        make_topics(brokers, "quiet", 1)
        hidden = [brokers.password, administrator(spare_kafka.settings, record.port).password]
        for name in ("password", "server.properties", "client.properties"):
            assert (spare_kafka.folder / name).stat().st_mode & 0o777 == 0o600
        command = Path(f"/proc/{record.pid}/cmdline").read_text()
        logs = "".join(path.read_text() for path in spare_kafka.logs)
        for secret in hidden:
            assert secret not in command + logs + caplog.text + repr(brokers) + str(brokers)


def test_kafkas_own_tools_get_in_with_the_file_that_the_status_names(at_work: Kafka) -> None:
    """Scenario: an operator wants to look at the topics with the tools that come with Kafka."""
    make_topics(at_work.clients(at_work.port), "listed", 1)
    address = ["--bootstrap-server", f"127.0.0.1:{at_work.port}", "--command-config", "client.properties"]
    wanted = ["--describe", "--entity-type", "topics", "--entity-name", "listed"]
    command = [*at_work.java(), "kafka.admin.ConfigCommand", *address, *wanted]
    assert "Dynamic configs for topic listed" in run(command, at_work.folder, "describe a topic")
    assert "--command-config {data}/kafka/client.properties" in LESSON


@pytest.fixture
def used_before(spare_kafka: Kafka) -> Kafka:
    """A broker that does not run and whose log knows the password in the file, from this test or one before."""
    if not (spare_kafka.folder / "password").exists():
        with lease(spare_kafka, silent):
            pass
    return spare_kafka


def test_password_stays_through_restarts(used_before: Kafka) -> None:
    """Scenario: a part that was not restarted with the broker connects to it again."""
    first = used_before.clients(used_before.port)
    with lease(used_before, silent) as record:
        assert used_before.clients(record.port).password == first.password
        wait_for(lambda: opened(used_before.clients(record.port)))


def test_log_without_the_login_is_opened_again(used_before: Kafka) -> None:
    """Scenario: the password file was deleted, or the log is an older copy that knows another password."""
    (used_before.folder / "password").unlink()
    with lease(used_before, silent) as record:
        wait_for(lambda: opened(used_before.clients(record.port)))


@pytest.fixture
def before(tmp_path: Path) -> Iterator[tuple[Kafka, "subprocess.Popen[bytes]"]]:
    """A broker as the version without logins started it, with a topic of one message."""
    port = free_port()
    kafka = Kafka(tmp_path / "kafka", port)
    kafka.folder.mkdir()
    kafka.prepare(silent)
    controller = free_port()
    doors = {
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "PLAINTEXT",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        "log.dirs": "data",
    }
    lines = "".join(f"{key}={value}\n" for key, value in (SETTINGS | doors).items())
    kafka.settings.write_text(lines)
    process = subprocess.Popen(
        [*kafka.java(), kafka.mark, "kafka.Kafka", "server.properties"],
        cwd=kafka.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    (kafka.folder / "server.json").write_text(json.dumps({"pid": process.pid, "port": port}))
    wait_for(lambda: opened(Brokers(f"127.0.0.1:{port}")))
    log = make_topics(Brokers(f"127.0.0.1:{port}"), "kept", 1)
    with closing(LogWriter(log)) as writer:
        writer.send(0, None, b"of the version before")
        assert writer.flush(PATIENCE)
    yield kafka, process
    process.kill()
    process.wait()


def test_log_of_the_version_without_logins_goes_on(before: tuple[Kafka, "subprocess.Popen[bytes]"]) -> None:
    """Scenario: an update. What runs without a login is not used but named; once stopped, its log opens."""
    kafka, process = before
    with pytest.raises(ConfigError, match="down --now"), lease(kafka, silent):
        pass
    process.terminate()
    process.wait()
    with lease(kafka, silent) as record:
        log = make_topics(kafka.clients(record.port), "kept", 1)
        with open_log(log) as reader:
            assert [message.value for message in reader.backwards(0)] == [b"of the version before"]
        assert not opened(Brokers(f"127.0.0.1:{record.port}"))
