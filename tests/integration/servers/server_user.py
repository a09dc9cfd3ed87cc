"""A separate process that uses an embedded server, and functions that wait for it."""

import subprocess
import sys

from shared.embedded import Kafka, Postgres
from tests.slowness import PATIENCE

USER = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
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
    """Ignore a message."""


class User:
    """Another process that leases a server until its input ends."""

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
        raise AssertionError(f"the user ended before it printed {word}")

    def leave(self) -> None:
        self.process.communicate(timeout=PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.leave()
