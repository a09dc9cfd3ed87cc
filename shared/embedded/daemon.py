"""Starts a server as a detached process, finds it again and stops it.

The record file beside a server's data contains its pid and port. After a power failure another process may have that
pid, so a process counts as the server only if its command line contains the server's mark.
Callers hold the server's start lock (see lease.py), so that only one of them acts on a folder at a time.
"""

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import psutil

from shared.embedded.ports import HOST, free_port, is_free
from shared.errors import Unavailable
from shared.files.free_space import require_room

Notify = Callable[[str], None]

START_LIMIT = 120.0  # seconds; recovery after a crash may read much data
STOP_LIMIT = 30.0  # seconds until a server that does not stop is killed
HANG_LIMIT = 20.0  # seconds without any answer after which a server that was ready is killed
REACT_LIMIT = 2.0  # seconds that one answer may take
POLL = 0.02  # seconds between two checks
LINES_OF_LOG = 12


class EmbeddedServer(Protocol):
    """What differs between the kinds of servers; the common process handling is in this module."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def folder(self) -> Path:
        """Holds everything of this server: data, logs, locks and its record."""

    @property
    def port(self) -> int:
        """The port to use if it is free."""

    @property
    def mark(self) -> str:
        """An argument that only this server's command line contains."""

    @property
    def logs(self) -> tuple[Path, ...]:
        """Log files; the first also receives what the process prints."""

    def prepare(self, notify: Notify) -> None:
        """Prepare a start: download programs, create the data folder, remove leftovers."""

    def command(self, port: int) -> list[str]:
        """Write the configuration and return the command line of a server on `port`."""

    def answers(self, port: int) -> bool:
        """Whether the server on `port` already serves requests."""

    def was_ready(self) -> bool:
        """Whether the server has been ready since its start, so that it must answer."""

    def responds(self, port: int) -> bool:
        """Whether the server answers or rejects a small request within REACT_LIMIT seconds."""

    def finish_setup(self, record: "ServerRecord") -> None:
        """Finish the setup once the server answers, so that clients can use it."""

    def interrupt(self, process: psutil.Process) -> None:
        """Request a clean shutdown; returns at once."""


@dataclass(frozen=True)
class ServerRecord:
    """The process that serves a folder, and its port."""

    pid: int
    port: int


def start(server: EmbeddedServer, notify: Notify) -> ServerRecord:
    """Start the server unless it runs, and wait until it answers; a server that hangs is killed first.

    Raises Unavailable, with the end of the server's log, if it does not answer within START_LIMIT seconds.
    """
    record = find(server)
    if record is not None and hangs(server, record):
        notify(f"{server.name} (pid {record.pid}) does not answer: it is killed and restarted.")
        kill(server)
        record = None
    if record is None:
        server.folder.mkdir(parents=True, exist_ok=True)
        for folder in (server.folder, server.folder / "data"):  # may be a link to another disk
            require_room(folder, server.name)
        server.prepare(notify)
        record = launch(server, choose_port(server, notify))
        notify(f"Starting {server.name} {server.version} on {HOST}:{record.port}")
    wait_until_it_answers(server, record)
    server.finish_setup(record)
    return record


def find(server: EmbeddedServer) -> ServerRecord | None:
    """The record of the running server, or None. Reads the record file, then checks all processes."""
    record = read_record(server)
    if record is not None and process_of(server, record.pid) is not None:
        return record
    port = record.port if record else server.port
    for process in psutil.process_iter(["pid"]):
        if has_argument(process, server.mark):
            # The process that started it was killed before it wrote the record.
            return write_record(server, ServerRecord(process.pid, port))
    return None


def hangs(server: EmbeddedServer, record: ServerRecord) -> bool:
    """Whether a server that was ready does not answer for HANG_LIMIT seconds; during its start it may take longer."""
    deadline = time.monotonic() + HANG_LIMIT
    while server.was_ready() and not server.responds(record.port) and is_alive(record.pid):
        if time.monotonic() > deadline:
            return True
        time.sleep(POLL)
    return False


def stop(server: EmbeddedServer, notify: Notify) -> None:
    """End the server cleanly if it runs, by force after STOP_LIMIT seconds."""
    record = find(server)
    process = process_of(server, record.pid) if record else None
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        server.interrupt(process)
        if not ended(process, STOP_LIMIT):
            notify(
                f"{server.name} did not stop within {STOP_LIMIT:.0f} s and is killed; its next start recovers."
            )
            kill(server)


def kill(server: EmbeddedServer) -> None:
    """Kill the server without a clean shutdown. Raises Unavailable if it can't be killed."""
    record = find(server)
    process = process_of(server, record.pid) if record else None
    if process is None:
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        children = process.children(recursive=True)
        process.kill()
        for child in children:  # a stopped one would never notice that its server is gone
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        if not ended(process, STOP_LIMIT):
            raise Unavailable(f"{server.name} (pid {process.pid}) can't be killed; end it by hand.")


def launch(server: EmbeddedServer, port: int) -> ServerRecord:
    """Start the server in its own session, so that neither Ctrl-C nor our exit affects it."""
    argv = server.command(port)
    write_record(server, ServerRecord(0, port))  # so that the port is known if we are killed after the start
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW
    server.logs[0].parent.mkdir(parents=True, exist_ok=True)
    with server.logs[0].open("ab") as log:
        child = subprocess.Popen(
            argv,
            cwd=server.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=flags,
        )
    # A child that exits before us stays a zombie unless something waits for it.
    threading.Thread(target=child.wait, daemon=True).start()
    return write_record(server, ServerRecord(child.pid, port))


def wait_until_it_answers(server: EmbeddedServer, record: ServerRecord) -> None:
    """Wait until the server serves requests. Raises Unavailable if it exits or takes too long."""
    deadline = time.monotonic() + START_LIMIT
    while not server.answers(record.port):
        if not is_alive(record.pid):
            raise Unavailable(
                f"{server.name} exited while it was starting. Its log ends:\n{tail(server.logs)}"
            )
        if time.monotonic() > deadline:
            raise Unavailable(
                f"{server.name} (pid {record.pid}) is not answering on {HOST}:{record.port} after "
                f"{START_LIMIT:.0f} s. Its log ends:\n{tail(server.logs)}"
            )
        time.sleep(POLL)


def run(argv: Sequence[str], folder: Path, task: str) -> str:
    """Run a server's tool in `folder` and return its output. Raises Unavailable if it fails."""
    try:
        done = subprocess.run(
            argv, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=START_LIMIT
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"Could not {task} in {START_LIMIT:.0f} s; start again.") from error
    if done.returncode:
        raise Unavailable(f"Could not {task}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def process_of(server: EmbeddedServer, pid: int) -> psutil.Process | None:
    """The process, if it is alive and is this server."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            ended(process, STOP_LIMIT)  # exiting: its threads may still hold ports and files for a moment
        return process if has_argument(process, server.mark) else None
    return None


def has_argument(process: psutil.Process, mark: str) -> bool:
    """Whether a living process has `mark` as one of its arguments (a zombie has none)."""
    try:
        return mark in process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):  # has exited, or belongs to another user
        return False


def is_alive(pid: int) -> bool:
    """Whether a process with that pid runs (at its very start it has no arguments yet)."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def ended(process: psutil.Process, seconds: float) -> bool:
    """Whether the process, with all its threads, exits within `seconds`."""
    deadline = time.monotonic() + seconds
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL)
    return True


def choose_port(server: EmbeddedServer, notify: Notify) -> int:
    """The server's port; if that is taken, the one it had last, else any free one."""
    record = read_record(server)
    wanted = (server.port, record.port if record else 0)
    port = next((port for port in wanted if port and is_free(port)), 0) or free_port()
    if port != server.port:
        notify(f"Port {server.port} is taken by another program, so {server.name} listens on {port}.")
    return port


def read_record(server: EmbeddedServer) -> ServerRecord | None:
    """The last record written, or None if there is no readable one."""
    try:
        return ServerRecord(**json.loads((server.folder / "server.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_record(server: EmbeddedServer, record: ServerRecord) -> ServerRecord:
    """Replace the record file atomically; returns the record."""
    new = server.folder / "server.json.new"
    new.write_text(json.dumps(asdict(record)), "utf-8")
    new.replace(server.folder / "server.json")
    return record


def tail(logs: Iterable[Path]) -> str:
    """The last lines of each log."""
    texts = (path.read_text("utf-8", "replace") for path in logs if path.is_file())
    return "\n".join(line for text in texts for line in text.splitlines()[-LINES_OF_LOG:])
