"""A part's heartbeats to its supervisor, over a pipe, so that they need no database and no disk space.

Each heartbeat contains the number of seconds until the next one is due; 0 means HANG_SECONDS. The loop of a part sends
one at every step; a step known to take long announces that before it begins. Other threads with essential work are
registered as strands: while one of them makes no progress, the loop sends no heartbeat even if it runs itself.
A part without a supervisor sends none. Not available on Windows, where child processes inherit no pipe.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event

BEAT_SECONDS = 1.0
MAX_REASON = 1_000
"""Characters: a write of this size to a pipe is atomic."""
FAILURE_MARK = "!"


class Pulse:
    """The part's end of the pipe."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self._loop = 0
        self._steps: list[float] = []
        self._strands: dict[int, tuple[float, float]] = {}
        self._gave_at = 0.0

    def begin(self, pipe: int | None) -> None:
        """Send heartbeats over this pipe from now on, or none for None. The calling thread runs the loop."""
        self._pipe, self._loop = pipe, threading.get_ident()
        if pipe is not None:
            os.set_blocking(pipe, False)
            os.set_inheritable(pipe, False)
            self._give()

    def beat(self) -> None:
        """Report progress. Sends at most one heartbeat a second, so it may be called at every step of a loop.

        In a strand it records progress of that strand; in other threads than the loop's it does nothing.
        """
        ours, now = threading.get_ident(), time.monotonic()
        if ours in self._strands:
            _, seconds = self._strands[ours]
            self._strands[ours] = now + seconds, seconds
        elif ours == self._loop and now - self._gave_at >= BEAT_SECONDS and not self._is_stuck(now):
            self._give()

    @contextmanager
    def strand(self, seconds: float) -> Iterator[None]:
        """Register this thread as a strand: it must call `beat` at least every `seconds` while the context is open."""
        ours = threading.get_ident()
        self._strands[ours] = time.monotonic() + seconds, seconds
        try:
            yield
        finally:
            del self._strands[ours]

    def _is_stuck(self, now: float) -> bool:
        """Whether a strand has made no progress for too long. Not during long steps, which may block strands too."""
        return not self._steps and any(due < now for due, _ in list(self._strands.values()))

    @contextmanager
    def long_step(self, seconds: float) -> Iterator[None]:
        """Allow this many seconds without a heartbeat in this context. Threads may have long steps at the same time."""
        self._steps.append(seconds)
        self._give()
        try:
            yield
        finally:
            self._steps.remove(seconds)
            self._give()

    def report_failure(self, sentence: str) -> None:
        """Send the reason why the part can't continue."""
        self._write(FAILURE_MARK + " ".join(sentence.split())[:MAX_REASON])

    def _give(self) -> None:
        self._gave_at = time.monotonic()
        self._write(f"{max(self._steps, default=0.0):.0f}")

    def _write(self, line: str) -> None:
        if self._pipe is not None:
            # A suspended supervisor does not read; if it is gone, this part is stopped by `stop_without`.
            with suppress(OSError):
                os.write(self._pipe, f"{line}\n".encode())


_ours = Pulse()
begin, beat, strand, long_step, report_failure = (
    _ours.begin,
    _ours.beat,
    _ours.strand,
    _ours.long_step,
    _ours.report_failure,
)


def wait(event: Event, seconds: float) -> bool:
    """Wait for an event, at most so many seconds, with heartbeats; returns whether it is set."""
    until = time.monotonic() + seconds
    while not event.is_set() and (left := until - time.monotonic()) > 0:
        beat()
        event.wait(min(left, BEAT_SECONDS))
    return event.is_set()


class Listener:
    """The supervisor's end of the pipe. `part_end` is the part's end, None on Windows."""

    def __init__(self) -> None:
        self.part_end: int | None = None
        self._pipe: int | None = None
        self._rest = b""
        if sys.platform != "win32":
            self._pipe, self.part_end = os.pipe()
            os.set_blocking(self._pipe, False)

    def close_part_end(self) -> None:
        """Close our copy of the part's end, once the part has inherited it."""
        if self.part_end is not None:
            os.close(self.part_end)

    def receive(self) -> list[str]:
        """The lines received since the last call, in order."""
        *lines, self._rest = (self._rest + self._read()).split(b"\n")
        return [line.decode("utf-8", "replace") for line in lines]

    def _read(self) -> bytes:
        if self._pipe is None:
            return b""
        try:
            return os.read(self._pipe, 65_536)
        except BlockingIOError:
            return b""

    def close(self) -> None:
        """Close the pipe."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
