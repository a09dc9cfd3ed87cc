"""Free TCP ports on this machine."""

import contextlib
import random
import socket
import sys

HOST = "127.0.0.1"
FREE_PORTS = (20_000, 32_000)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        if sys.platform != "win32":  # there the option allows two programs to share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A random free port, outside the range that the system uses for outgoing connections."""
    while True:
        port = random.randrange(*FREE_PORTS)  # noqa: S311 (not used for security)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            return port
