"""Checks whether a server in use still answers, and restarts it if it hangs.

Each process that uses a server has such a thread; only the one that holds `watch.lock` checks. It does not restart a
server that has exited: the process that finds it unavailable does.
"""

import threading
from collections.abc import Callable

import fasteners

from shared.embedded.daemon import EmbeddedServer, Notify, read_record
from shared.errors import TickstreamError

CHECK_SECONDS = 5.0


class Watch:
    """The watching thread of one process for one server, until `end`. `replace` restarts a server that hangs."""

    def __init__(self, server: EmbeddedServer, replace: Callable[[], object], notify: Notify) -> None:
        self._server, self._replace, self._say = server, replace, notify
        self._over = threading.Event()
        self._lock = fasteners.InterProcessLock(server.folder / "watch.lock")
        self._is_ours = False
        threading.Thread(target=self._watch, name=f"{server.name} watch", daemon=True).start()

    def end(self) -> None:
        """Stop checking; does not wait for a restart in progress."""
        self._over.set()

    def _watch(self) -> None:
        reported = ""
        while not self._over.wait(CHECK_SECONDS):
            try:
                self._check()
            except (TickstreamError, OSError) as error:
                if reported != (reported := str(error)):
                    self._say(f"{self._server.name} could not be checked: {error}")
        if self._is_ours:
            self._lock.release()

    def _check(self) -> None:
        self._is_ours = self._is_ours or self._lock.acquire(blocking=False)
        if not self._is_ours or (record := read_record(self._server)) is None:
            return
        if record.pid and self._server.was_ready() and not self._server.responds(record.port):
            self._replace()
