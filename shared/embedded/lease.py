"""Leases of a server: it runs while any process holds one, and stops when the last one ends.

A server's folder has two lock files. `start.lock` is held by the process that starts or stops it. `users.lock` is
shared by all its users; the system releases it for a user that was killed. A process that ends its lease and can lock
`users.lock` exclusively was the last user and stops the server, unless the file `kept` exists.

A process that holds a lease also checks whether the server answers: see watch.py.

File locks apply to processes, not threads, so the threads of a process share one lock and a count.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fasteners

from shared.embedded import daemon
from shared.embedded.daemon import EmbeddedServer, Notify, ServerRecord
from shared.embedded.watch import Watch
from shared.errors import ConfigError, Unavailable
from shared.files.private_files import make_private, take_data_folder

WAIT_LIMIT = 300.0  # seconds; another process may be downloading Kafka over a slow connection

_threads: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
_counts: defaultdict[tuple[int, Path], int] = defaultdict(
    int
)  # by process: a forked process does not hold our locks
_locks: dict[tuple[int, Path], fasteners.InterProcessReaderWriterLock] = {}
_watches: dict[tuple[int, Path], Watch] = {}


@contextmanager
def lease(server: EmbeddedServer, notify: Notify) -> Iterator[ServerRecord]:
    """Use a server: start it if needed, and stop it at the end if no other process uses it.

    Raises Unavailable or ConfigError with a text that explains what to do.
    """
    with acting_alone(server, notify):
        join(server, notify)
    try:
        yield ensure(server, notify)
    finally:
        leave(server, notify)


def ensure(server: EmbeddedServer, notify: Notify) -> ServerRecord:
    """Start the server if it does not run. Raises as `lease` does."""
    with acting_alone(server, notify):
        return daemon.start(server, notify)


def replace_hanging(server: EmbeddedServer, notify: Notify) -> None:
    """Restart the server if it hangs; if it has ended meanwhile, it was stopped on purpose and stays stopped.

    Raises as `lease` does.
    """
    with acting_alone(server, notify):
        if daemon.find(server) is not None:
            daemon.start(server, notify)


def keep(server: EmbeddedServer, notify: Notify) -> ServerRecord:
    """Start the server and keep it running until `release`. Raises as `lease` does."""
    with acting_alone(server, notify):
        record = daemon.start(server, notify)
        kept_mark(server).touch()
    return record


def release(server: EmbeddedServer, notify: Notify, now: bool) -> bool:
    """Undo `keep`, and stop the server if it is not in use, or in any case with `now`.

    Returns whether it is stopped; otherwise it stops with its last user.
    """
    with acting_alone(server, notify):
        kept_mark(server).unlink(missing_ok=True)
        if in_use(server) and not now:
            return False
        daemon.stop(server, notify)
    return True


def is_kept(server: EmbeddedServer) -> bool:
    """Whether the server is kept running until `release`."""
    return kept_mark(server).exists()


def in_use_now(server: EmbeddedServer) -> bool | None:
    """Whether any process holds a lease; None while the server is being started or stopped."""
    lock = fasteners.InterProcessLock(server.folder / "start.lock")
    if not lock.acquire(blocking=False):
        return None
    try:
        return in_use(server)
    finally:
        lock.release()


def in_use(server: EmbeddedServer) -> bool:
    """Whether any process holds a lease. The check takes the lock briefly, so hold the start lock."""
    if _counts[os.getpid(), server.folder]:
        return True
    alone = fasteners.InterProcessReaderWriterLock(server.folder / "users.lock")
    if not alone.acquire_write_lock(blocking=False):
        return True
    alone.release_write_lock()
    return False


def kept_mark(server: EmbeddedServer) -> Path:
    """The file that marks the server as kept running."""
    return server.folder / "kept"


def join(server: EmbeddedServer, notify: Notify) -> None:
    """Add a user in this process; the first one takes the shared lock and starts the watch."""
    us = os.getpid(), server.folder
    if not _counts[us]:
        lock = fasteners.InterProcessReaderWriterLock(server.folder / "users.lock")
        if not lock.acquire_read_lock(timeout=WAIT_LIMIT):
            raise Unavailable(
                f"The lock {server.folder / 'users.lock'} can't be acquired: another process holds it."
            )
        _locks[us] = lock
        _watches[us] = Watch(server, lambda: replace_hanging(server, notify), notify)
    _counts[us] += 1


def leave(server: EmbeddedServer, notify: Notify) -> None:
    """Remove a user in this process; stop the server if it was the last one of all processes."""
    with acting_alone(server, notify):
        us = os.getpid(), server.folder
        _counts[us] -= 1
        if _counts[us]:
            return
        _watches.pop(us).end()
        _locks.pop(us).release_read_lock()
        if not is_kept(server) and not in_use(server):
            daemon.stop(server, notify)


@contextmanager
def acting_alone(server: EmbeddedServer, notify: Notify) -> Iterator[None]:
    """Hold the start lock: only one thread at a time starts, stops, joins or leaves a server.

    Raises Unavailable if another one does not finish within WAIT_LIMIT seconds, ConfigError if the folder belongs to
    another user.
    """
    make_folder(server)
    lock = fasteners.InterProcessLock(server.folder / "start.lock")
    threads = _threads[server.folder]
    if not threads.acquire(timeout=WAIT_LIMIT):
        raise Unavailable(another_is_busy(server))
    try:
        if not lock.acquire(blocking=False):
            notify(f"Another process is starting or stopping {server.name}; waiting for it.")
            if not lock.acquire(timeout=WAIT_LIMIT):
                raise Unavailable(another_is_busy(server))
        try:
            yield
        finally:
            lock.release()
    finally:
        threads.release()


def make_folder(server: EmbeddedServer) -> None:
    """Create the server's folder. Raises ConfigError if it is not writable."""
    try:
        take_data_folder(server.folder.parent)
        make_private(server.folder)
        (server.folder / "start.lock").touch()
    except PermissionError as error:
        raise ConfigError(
            f"{server.folder} belongs to another user: start as that user, or choose another data folder."
        ) from error


def another_is_busy(server: EmbeddedServer) -> str:
    """The error text if the start lock can't be acquired."""
    return (
        f"Another process has been starting or stopping {server.name} for {WAIT_LIMIT:.0f} s "
        f"({server.folder / 'start.lock'}). End it and start again."
    )
