"""A part's signs of life to its supervisor, over a pipe: they need no database and no room on a disk.

Each sign says how many seconds may pass until the next one: 0 stands for HANG_SECONDS. The loop of a part gives one at
every turn; a step that is known to take long says so before it begins. Where other threads do a share of the work that
nobody does in their place, each is a strand: while one of them makes no turn, the loop gives no sign, however well it
runs itself. A part without a supervisor gives none.
Not on Windows, where a process is given no pipe.
"""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event

BEAT_SECONDS = 1.0
LONGEST_WORDS = 1_000
"""Characters: a pipe takes so many at once or not at all."""
LAST_WORDS = "!"


class Pulse:
    """The end of the pipe that the part has."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self._loop = 0
        self._steps: list[float] = []
        self._strands: dict[int, tuple[float, float]] = {}
        self._gave_at = 0.0

    def begin(self, pipe: int | None) -> None:
        """Give signs over this pipe from now on; None: nobody listens. The thread that calls this runs the loop."""
        self._pipe, self._loop = pipe, threading.get_ident()
        if pipe is not None:
            os.set_blocking(pipe, False)
            os.set_inheritable(pipe, False)
            self._give()

    def beat(self) -> None:
        """The work goes on. At most one sign a second is given: this may be called at every turn of a loop.

        In a strand it says that this one goes on; in any other thread but that of the loop it says nothing.
        """
        ours, now = threading.get_ident(), time.monotonic()
        if ours in self._strands:
            _, seconds = self._strands[ours]
            self._strands[ours] = now + seconds, seconds
        elif ours == self._loop and now - self._gave_at >= BEAT_SECONDS and not self._is_stuck(now):
            self._give()

    @contextmanager
    def strand(self, seconds: float) -> Iterator[None]:
        """What this thread does inside is a strand of the work: it calls `beat` at least every so many seconds."""
        ours = threading.get_ident()
        self._strands[ours] = time.monotonic() + seconds, seconds
        try:
            yield
        finally:
            del self._strands[ours]

    def _is_stuck(self, now: float) -> bool:
        """Whether a strand has made no turn for too long. A step that is known to take long may hold it up too."""
        return not self._steps and any(due < now for due, _ in list(self._strands.values()))

    @contextmanager
    def long_step(self, seconds: float) -> Iterator[None]:
        """What runs inside may take so long without a sign. Threads may have steps of their own at the same time."""
        self._steps.append(seconds)
        self._give()
        try:
            yield
        finally:
            self._steps.remove(seconds)
            self._give()

    def last_words(self, sentence: str) -> None:
        """Why the part can't go on."""
        self._write(LAST_WORDS + " ".join(sentence.split())[:LONGEST_WORDS])

    def _give(self) -> None:
        self._gave_at = time.monotonic()
        self._write(f"{max(self._steps, default=0.0):.0f}")

    def _write(self, line: str) -> None:
        if self._pipe is not None:
            # A supervisor that is stopped does not read, and one that is gone ends this part in another way.
            with suppress(OSError):
                os.write(self._pipe, f"{line}\n".encode())


_ours = Pulse()
begin, beat, strand, long_step, last_words = (
    _ours.begin,
    _ours.beat,
    _ours.strand,
    _ours.long_step,
    _ours.last_words,
)


def wait(event: Event, seconds: float) -> bool:
    """Wait for an event, at most so long, with signs of life; whether it is set."""
    until = time.monotonic() + seconds
    while not event.is_set() and (left := until - time.monotonic()) > 0:
        beat()
        event.wait(min(left, BEAT_SECONDS))
    return event.is_set()


class Listener:
    """The end of the pipe that the supervisor has. `theirs` is the other one, None where there is none."""

    def __init__(self) -> None:
        self.theirs: int | None = None
        self._pipe: int | None = None
        self._rest = b""
        if sys.platform != "win32":
            self._pipe, self.theirs = os.pipe()
            os.set_blocking(self._pipe, False)

    def forget_theirs(self) -> None:
        """The part has it now."""
        if self.theirs is not None:
            os.close(self.theirs)

    def hear(self) -> list[str]:
        """What came since the last call, in order."""
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
        """Listen no more."""
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
