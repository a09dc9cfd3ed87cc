"""Serves the page of a database in a process that can be killed: python -m tests.walk.server DSN PORT"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conftest import PROJECT
from tests.pages import model_of, serving
from tests.waiting import wait_for


class WalkServer:
    """The page's server as a process of its own."""

    def __init__(self, dsn: str, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._port = port
        self._command = [sys.executable, "-m", "tests.walk.server", dsn, str(port)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(self._command, cwd=PROJECT, env=dict(os.environ))
        wait_for(self._answers)

    def kill(self) -> None:
        """Kill it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, "the page's server ended by itself"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._port)) == 0


@contextmanager
def served(dsn: str, port: int) -> Iterator[WalkServer]:
    """The server of a page while this is open."""
    server = WalkServer(dsn, port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


if __name__ == "__main__":
    with serving(model_of(sys.argv[1], "simulated"), int(sys.argv[2])):
        threading.Event().wait()
