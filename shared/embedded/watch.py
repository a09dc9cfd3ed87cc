"""Looks whether a server that is in use still answers, and has one that hangs replaced.

Each process that uses a server has such a thread; of all of them one looks, the one that holds `watch.lock`. A server
that has died is not its concern: whoever meets that starts it again.
"""

import threading
from collections.abc import Callable

import fasteners

from shared.embedded.daemon import EmbeddedServer, Say, read_record
from shared.errors import TickstreamError

LOOK_SECONDS = 5.0


class Watch:
    """The thread of one process for one server, from here to `end`. `replace` starts the server again if it hangs."""

    def __init__(self, server: EmbeddedServer, replace: Callable[[], object], say: Say) -> None:
        self._server, self._replace, self._say = server, replace, say
        self._over = threading.Event()
        self._lock = fasteners.InterProcessLock(server.folder / "watch.lock")
        self._is_ours = False
        threading.Thread(target=self._keep_looking, name=f"{server.name} watch", daemon=True).start()

    def end(self) -> None:
        """Look no more; one that is being replaced is not waited for."""
        self._over.set()

    def _keep_looking(self) -> None:
        said = ""
        while not self._over.wait(LOOK_SECONDS):
            try:
                self._look()
            except (TickstreamError, OSError) as error:
                if said != (said := str(error)):
                    self._say(f"{self._server.name} could not be looked after: {error}")
        if self._is_ours:
            self._lock.release()

    def _look(self) -> None:
        self._is_ours = self._is_ours or self._lock.acquire(blocking=False)
        if not self._is_ours or (record := read_record(self._server)) is None:
            return
        if record.pid and self._server.has_served() and not self._server.reacts(record.port):
            self._replace()
