"""Access to the embedded broker: only users who can read its folder can log in; others can only reach the port.

Clients log in with SCRAM as `tickstream`, so a program that listens on the port instead of the broker can't learn the
password. SCRAM credentials are stored in the broker's log, so the process that starts the broker creates them, as an
administrator whose password is new at every start. The broker also uses that login towards its own controller.
"""

import re
import secrets
import socket
import struct
from pathlib import Path

from shared.embedded.daemon import REACT_LIMIT
from shared.embedded.ports import HOST
from shared.errors import ConfigError
from shared.files.private_files import write_secret
from shared.settings.brokers import Brokers

USER, ADMINISTRATOR = "tickstream", "administrator"
CLIENTS, CONTROLLER = "CLIENTS", "CONTROLLER"
MODULES = "org.apache.kafka.common.security"
METADATA, HANDSHAKE, AUTHENTICATE = (3, 1), (17, 1), (36, 0)
"""API key and version of requests of the Kafka protocol."""


def listeners(port: int, controller: int, password: str) -> dict[str, str]:
    """The settings of the broker's two listeners. `password` is the administrator's."""
    plain = (
        f'{MODULES}.plain.PlainLoginModule required username="{ADMINISTRATOR}" password="{password}" '
        f'user_{ADMINISTRATOR}="{password}";'
    )
    return {
        "listeners": f"{CLIENTS}://{HOST}:{port},{CONTROLLER}://{HOST}:{controller}",
        "advertised.listeners": f"{CLIENTS}://{HOST}:{port}",
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "controller.listener.names": CONTROLLER,
        "inter.broker.listener.name": CLIENTS,
        "listener.security.protocol.map": f"{CLIENTS}:SASL_PLAINTEXT,{CONTROLLER}:SASL_PLAINTEXT",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        "sasl.mechanism.controller.protocol": "PLAIN",
        f"listener.name.{CLIENTS.lower()}.sasl.enabled.mechanisms": "SCRAM-SHA-512,PLAIN",
        f"listener.name.{CLIENTS.lower()}.scram-sha-512.sasl.jaas.config": (
            f"{MODULES}.scram.ScramLoginModule required;"
        ),
        f"listener.name.{CLIENTS.lower()}.plain.sasl.jaas.config": plain,
        f"listener.name.{CONTROLLER.lower()}.sasl.enabled.mechanisms": "PLAIN",
        f"listener.name.{CONTROLLER.lower()}.plain.sasl.jaas.config": plain,
    }


def administrator(settings: Path, port: int) -> Brokers:
    """The administrator login of a broker that runs with these settings. Raises ConfigError if they need no login."""
    found = re.search(rf'user_{ADMINISTRATOR}="([^"]+)"', settings.read_text("utf-8"))
    if found is None:
        raise ConfigError(
            "The embedded Kafka was started by a version of Tickstream without logins: stop it with "
            "`python -m shared.embedded down --now`, then start again. Its data are kept."
        )
    return Brokers(f"{HOST}:{port}", ADMINISTRATOR, found[1])


def clients(folder: Path, port: int) -> Brokers:
    """Address and login of the broker's clients; the password is created at the first call."""
    path = folder / "password"
    if not path.exists():
        write_secret(path, secrets.token_urlsafe(24) + "\n")
    return Brokers(f"{HOST}:{port}", USER, path.read_text("ascii").strip())


def write_client_settings(path: Path, brokers: Brokers) -> None:
    """Write the file that Kafka's own tools take as --command-config."""
    module = f"{MODULES}.scram.ScramLoginModule"
    lines = (
        "security.protocol=SASL_PLAINTEXT",
        "sasl.mechanism=SCRAM-SHA-512",
        f'sasl.jaas.config={module} required username="{brokers.user}" password="{brokers.password}";',
    )
    write_secret(path, "".join(f"{line}\n" for line in lines))


def count_brokers(administrator: Brokers) -> int:
    """The number of running brokers that the broker reports.

    Sends three requests without a client id, in the format of the Kafka protocol guide: a handshake for PLAIN, the
    login, and metadata without topics. Raises OSError if there is no answer or the login is refused.
    """
    port = int(administrator.bootstrap.rpartition(":")[2])
    login = f"\0{administrator.user}\0{administrator.password}".encode()
    with socket.create_connection((HOST, port), REACT_LIMIT) as connection:
        for request, body in (
            (HANDSHAKE, struct.pack(">h5s", 5, b"PLAIN")),
            (AUTHENTICATE, struct.pack(f">i{len(login)}s", len(login), login)),
        ):
            (refused,) = struct.unpack_from(">h", _answer(connection, request, body))
            if refused:
                raise ConnectionRefusedError(f"the broker refuses the login with error {refused}")
        (brokers,) = struct.unpack_from(">i", _answer(connection, METADATA, struct.pack(">i", 0)))
    return int(brokers)


def _answer(connection: socket.socket, request: tuple[int, int], body: bytes) -> bytes:
    """The body of the response to a request, without its correlation id."""
    message = struct.pack(">hhih", *request, 0, -1) + body
    connection.sendall(struct.pack(">i", len(message)) + message)
    size, _correlation = struct.unpack(">ii", _exactly(connection, 8))
    return _exactly(connection, size - 4)


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        if not (piece := connection.recv(size - len(found))):
            raise ConnectionError("the connection was closed before the response")
        found += piece
    return found
