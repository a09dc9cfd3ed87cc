"""Commits in a thread, while the loop reads and decodes the messages that follow."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from shared.observability.heartbeat import BEAT_SECONDS, beat, strand


class BackgroundCommit:
    """At most one commit at a time. The thread that waits for it gets its error, and sends its heartbeats."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "commit")
        self._running: Future[None] | None = None

    def start(self, commit: Callable[[], None]) -> None:
        """Run `commit` in the thread; the one before must have been waited for."""
        assert self._running is None, "one commit at a time"
        self._running = self._thread.submit(_run, commit)

    def wait(self) -> bool:
        """Wait for the commit that runs, and return whether there was one. Raises its error."""
        if self._running is None:
            return False
        running, self._running = self._running, None
        _await(running)
        running.result()
        return True

    def close(self) -> None:
        """Wait for the thread: it uses the connection until its commit has ended, well or not."""
        if self._running is not None:
            _await(self._running)
        self._thread.shutdown()


def _run(commit: Callable[[], None]) -> None:
    """A commit that reports no progress for BEAT_SECONDS stops the part's heartbeats."""
    with strand(BEAT_SECONDS):
        commit()


def _await(running: Future[None]) -> None:
    while wait([running], BEAT_SECONDS).not_done:
        beat()
