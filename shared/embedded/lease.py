"""Who uses a server: it runs while anybody does, and stops with the last one.

Two lock files lie in a server's folder. `start.lock` is held by whoever starts or stops it. `users.lock`
is shared by all who use it, for as long as they do; the system releases it for a user that was
killed. Whoever leaves and can have `users.lock` alone was the last and stops the server, unless
the file `kept` says that it was started to stay.

While a process uses a server it also looks whether it answers: see watch.py.

Locks of files tell processes apart but not the threads of one, so those share one lock and a count.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fasteners

from shared.embedded import daemon
from shared.embedded.daemon import EmbeddedServer, Say, ServerRecord
from shared.embedded.watch import Watch
from shared.errors import ConfigError, Unavailable
from shared.files.private_files import make_private, take_data_folder

WAIT_LIMIT = 300.0  # seconds; the one before us may be fetching Kafka over a slow line

_threads: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
_counts: defaultdict[tuple[int, Path], int] = defaultdict(int)  # by process: a fork holds none of our locks
_locks: dict[tuple[int, Path], fasteners.InterProcessReaderWriterLock] = {}
_watches: dict[tuple[int, Path], Watch] = {}


@contextmanager
def lease(server: EmbeddedServer, say: Say) -> Iterator[ServerRecord]:
    """Use a server: it is started if nobody else has, and stopped at the end if nobody else uses it.

    Raises Unavailable or ConfigError with a sentence that says what to do.
    """
    with acting_alone(server, say):
        join(server, say)
    try:
        yield ensure(server, say)
    finally:
        leave(server, say)


def ensure(server: EmbeddedServer, say: Say) -> ServerRecord:
    """Start the server if it does not run, or died under its users. Raises as `lease` does."""
    with acting_alone(server, say):
        return daemon.start(server, say)


def replace_hanging(server: EmbeddedServer, say: Say) -> None:
    """Start the server again if it hangs; one that has ended meanwhile was stopped on purpose, and stays so.

    Raises as `lease` does.
    """
    with acting_alone(server, say):
        if daemon.find(server) is not None:
            daemon.start(server, say)


def keep(server: EmbeddedServer, say: Say) -> ServerRecord:
    """Start the server to stay until `release`. Raises as `lease` does."""
    with acting_alone(server, say):
        record = daemon.start(server, say)
        kept_mark(server).touch()
    return record


def release(server: EmbeddedServer, say: Say, now: bool) -> bool:
    """Take back `keep`, and stop the server if nobody uses it, or `now` whoever does.

    Gives whether it is stopped; otherwise it stops with its last user.
    """
    with acting_alone(server, say):
        kept_mark(server).unlink(missing_ok=True)
        if in_use(server) and not now:
            return False
        daemon.stop(server, say)
    return True


def is_kept(server: EmbeddedServer) -> bool:
    """Whether the server was started to stay."""
    return kept_mark(server).exists()


def in_use_now(server: EmbeddedServer) -> bool | None:
    """Whether any process holds a lease; None while somebody starts or stops the server."""
    lock = fasteners.InterProcessLock(server.folder / "start.lock")
    if not lock.acquire(blocking=False):
        return None
    try:
        return in_use(server)
    finally:
        lock.release()


def in_use(server: EmbeddedServer) -> bool:
    """Whether any process holds a lease. Looking takes the lock for an instant: hold the start lock."""
    if _counts[os.getpid(), server.folder]:
        return True
    alone = fasteners.InterProcessReaderWriterLock(server.folder / "users.lock")
    if not alone.acquire_write_lock(blocking=False):
        return True
    alone.release_write_lock()
    return False


def kept_mark(server: EmbeddedServer) -> Path:
    """The file that says the server was started to stay."""
    return server.folder / "kept"


def join(server: EmbeddedServer, say: Say) -> None:
    """Count one more user in this process; the first takes the shared lock and begins to watch."""
    us = os.getpid(), server.folder
    if not _counts[us]:
        lock = fasteners.InterProcessReaderWriterLock(server.folder / "users.lock")
        if not lock.acquire_read_lock(timeout=WAIT_LIMIT):
            raise Unavailable(f"The lock {server.folder / 'users.lock'} can't be had; who holds it?")
        _locks[us] = lock
        _watches[us] = Watch(server, lambda: replace_hanging(server, say), say)
    _counts[us] += 1


def leave(server: EmbeddedServer, say: Say) -> None:
    """Count one user less in this process; stop the server if that was the last one anywhere."""
    with acting_alone(server, say):
        us = os.getpid(), server.folder
        _counts[us] -= 1
        if _counts[us]:
            return
        _watches.pop(us).end()
        _locks.pop(us).release_read_lock()
        if not is_kept(server) and not in_use(server):
            daemon.stop(server, say)


@contextmanager
def acting_alone(server: EmbeddedServer, say: Say) -> Iterator[None]:
    """Hold the start lock: one at a time starts, stops, joins or leaves a server.

    Raises Unavailable where another one does not finish in WAIT_LIMIT seconds, ConfigError where the
    folder is another user's.
    """
    make_folder(server)
    lock = fasteners.InterProcessLock(server.folder / "start.lock")
    threads = _threads[server.folder]
    if not threads.acquire(timeout=WAIT_LIMIT):
        raise Unavailable(another_is_busy(server))
    try:
        if not lock.acquire(blocking=False):
            say(f"Another process is starting or stopping {server.name}; waiting for it.")
            if not lock.acquire(timeout=WAIT_LIMIT):
                raise Unavailable(another_is_busy(server))
        try:
            yield
        finally:
            lock.release()
    finally:
        threads.release()


def make_folder(server: EmbeddedServer) -> None:
    """Make the server's folder. Raises ConfigError if we may not write in it."""
    try:
        take_data_folder(server.folder.parent)
        make_private(server.folder)
        (server.folder / "start.lock").touch()
    except PermissionError as error:
        raise ConfigError(
            f"{server.folder} belongs to another user: start as that user, or choose another data folder."
        ) from error


def another_is_busy(server: EmbeddedServer) -> str:
    """What to do when the start lock can't be had."""
    return (
        f"Another process has been starting or stopping {server.name} for {WAIT_LIMIT:.0f} s "
        f"({server.folder / 'start.lock'}). End it and start again."
    )
