"""Parts as child processes: started, watched, started again, stopped together."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from threading import Event

from shared.errors import StopPart
from shared.parts import pause
from shared.sections import Errors
from shared.setting_types import PROJECT

INSTANT_SECONDS = 5.0
STEADY_SECONDS = 60.0
"""A part that lived so long has not died in a row."""
LOOK_SECONDS = 0.1
STOP_SECONDS = 3.5
EXIT_STOP = 3
"""Exit status of a part that must not be started again as it is."""

NO_SETTINGS: Mapping[str, str] = {}
NEVER = Event()

log = logging.getLogger("tickstream.pipeline")


class Child:
    """One part as a process of its own. `command` follows the Python interpreter, `settings` add to its environment."""

    def __init__(self, part: str, command: Sequence[str], settings: Mapping[str, str] = NO_SETTINGS) -> None:
        self.part, self.command = part, (*command, "--supervisor", str(os.getpid()))
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.done = False
        self.deaths = self.instant_deaths = 0
        self._began = self._start_at = time.monotonic()

    def look(self, errors: Errors) -> None:
        """Start it when it is time, and note its end. Raises StopPart where starting it again is no use."""
        if self.process is None:
            if not self.done and time.monotonic() >= self._start_at:
                self._start()
            return
        status = self.process.poll()
        if status is not None:
            self.process = None
            self._ended(status, errors)

    def _start(self) -> None:
        self._began = time.monotonic()
        # In a session of its own it hears of Ctrl-C from us alone, not amid its first imports too.
        self.process = subprocess.Popen(
            [sys.executable, *self.command],
            cwd=PROJECT,
            env=os.environ | self._settings,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _ended(self, status: int, errors: Errors) -> None:
        if status == 0:
            self.done = True
            log.info("%s is through.", self.part)
            return
        if status == EXIT_STOP:
            raise StopPart(f"{self.part} can't go on; its reason is above.")
        lived = time.monotonic() - self._began
        self.deaths = self.deaths + 1 if lived < STEADY_SECONDS else 1
        self.instant_deaths = self.instant_deaths + 1 if lived < INSTANT_SECONDS else 0
        if self.instant_deaths > errors.max_retries:
            raise StopPart(
                f"{self.part} died {self.instant_deaths} times within {INSTANT_SECONDS:.0f} s of its start, last with "
                f"status {status}. Its last words are above; run it alone to look closer: "
                f"python {' '.join(self.command[:-2])}"
            )
        wait = pause(errors.retry_delay, self.deaths)
        log.warning("%s ended with status %d: it starts again in %.1f s.", self.part, status, wait)
        self._start_at = time.monotonic() + wait

    def tell(self, number: int) -> None:
        """Send a signal, where there is still somebody to hear it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def supervise(children: Sequence[Child], stop: Event, errors: Errors, switch: Event = NEVER) -> None:
    """Keep the children running until `stop` or `switch` is set, then stop them all.

    Raises StopPart where one can't go on.
    """
    try:
        while not (stop.is_set() or switch.is_set()):
            for child in children:
                child.look(errors)
            stop.wait(LOOK_SECONDS)
    finally:
        stop_all(children)


def stop_all(children: Sequence[Child]) -> None:
    """Ask every child to end, and end those that don't in time."""
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        child.tell(signal.SIGTERM)
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning(
                "%s did not stop in time and is killed; its next start goes on from its tables.", child.part
            )
            child.process.kill()
            child.process.wait()
