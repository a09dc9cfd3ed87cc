"""Runs parts as child processes: starts, watches, restarts and stops them."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from threading import Event

from shared.errors import StopPart
from shared.observability.heartbeat import FAILURE_MARK, Listener
from shared.runtime.backoff import doubled, retry_pause
from shared.settings.sections import Errors
from shared.settings.server_types import PROJECT

INSTANT_SECONDS = 5.0
STEADY_SECONDS = 60.0
"""A part that ran for this long resets its count of consecutive failures."""
MAX_PAUSE = 300.0
"""Longest pause between two starts of a part that repeatedly fails right after its start."""
START_PATIENCE = 3.0
"""A start loads programs from disk, so it may take this multiple of HANG_SECONDS."""
UNWATCHED_SECONDS = 5.0
"""If more time passed between two checks, the supervisor or the whole machine was suspended."""
LOOK_SECONDS = 0.1
STOP_SECONDS = 10.0
"""On a busy machine a part needs seconds to finish its current step."""
EXIT_STOP = 3
"""Exit status of a part that must not be restarted."""
EXIT_AGAIN = 75
"""Exit status of a part that may be restarted: what it lacked, such as disk space, may be available then."""

NO_SETTINGS: Mapping[str, str] = {}
NEVER = Event()

log = logging.getLogger("tickstream.pipeline")


class Child:
    """One part as a separate process. `command` follows the Python interpreter; `settings` extend its environment.

    `records` is whether data would be lost without it. `failure` is why it is not running, empty while it is. After
    EXIT_STOP it stays stopped; if it repeatedly fails right after its start, it is restarted with long pauses.
    """

    def __init__(
        self,
        part: str,
        command: Sequence[str],
        settings: Mapping[str, str] = NO_SETTINGS,
        *,
        records: bool = True,
    ) -> None:
        self.part, self.records = part, records
        self.command = (*command, "--supervisor", str(os.getpid()))
        self._settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        self.done = False
        self.failure = ""
        self.deaths = self.instant_deaths = 0
        self._failure_reason = ""
        self._listener = Listener()
        self._hangs = False
        self._began = self._start_at = self._looked_at = self._deadline = time.monotonic()
        self._is_down = False

    @property
    def is_at_work(self) -> bool:
        """Whether it runs or is about to be restarted."""
        return not self.done and not self.failure

    def look(self, errors: Errors) -> None:
        """Start it when due, handle its exit, and kill it if it hangs."""
        now = time.monotonic()
        unwatched, self._looked_at = now - self._looked_at, now
        if self.process is None:
            if not self.done and not self._is_down and now >= self._start_at:
                self._start(errors)
            return
        if unwatched > UNWATCHED_SECONDS:
            self._deadline += unwatched
        status = self.process.poll()
        self._listen(now, errors)
        if status is not None:
            self.process = None
            self._listener.close()
            self._ended(status, errors)
        elif now > self._deadline and not self._hangs:
            self._hangs = True
            log.error("%s hangs: it sent no heartbeat in time. It is killed and restarted.", self.part)
            self.process.kill()

    def _start(self, errors: Errors) -> None:
        self._began = time.monotonic()
        self._deadline = self._began + START_PATIENCE * errors.hang_seconds
        self._hangs, self._failure_reason, self._listener = False, "", Listener()
        pipe = self._listener.part_end
        # In its own session it receives Ctrl-C only through us, not also directly, for example during its imports.
        self.process = subprocess.Popen(
            [sys.executable, *self.command, *(() if pipe is None else ("--pulse", str(pipe)))],
            cwd=PROJECT,
            env=os.environ | self._settings,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=() if pipe is None else (pipe,),
        )
        self._listener.close_part_end()

    def _listen(self, now: float, errors: Errors) -> None:
        """Read its messages: heartbeats, and the reason of its failure."""
        for line in self._listener.receive():
            if line.startswith(FAILURE_MARK):
                self._failure_reason = line.removeprefix(FAILURE_MARK)
            elif line.isdigit():
                self._deadline = now + max(errors.hang_seconds, float(line))
        if self.failure and now - self._began > INSTANT_SECONDS:
            log.info("%s runs again.", self.part)
            self.failure = ""

    def _ended(self, status: int, errors: Errors) -> None:
        if status == 0:
            self.done = True
            log.info("%s has finished.", self.part)
        elif status == EXIT_STOP:
            self._is_down = True
            self.failure = (
                f"{self.part} can't continue: {self._failure_reason or 'the reason is in the log.'}"
            )
            log.error("%s It stays stopped; the other parts keep running.", self.failure)
        else:
            self._died(status, errors)

    def _died(self, status: int, errors: Errors) -> None:
        """Schedule a restart, with longer pauses after more consecutive failures."""
        lived = time.monotonic() - self._began
        self.deaths = self.deaths + 1 if lived < STEADY_SECONDS else 1
        self.instant_deaths = self.instant_deaths + 1 if lived < INSTANT_SECONDS else 0
        wait = retry_pause(errors.retry_delay, self.deaths)
        if self.instant_deaths > errors.max_retries:
            wait = doubled(errors.retry_delay, MAX_PAUSE, self.instant_deaths)
            self.failure = (
                f"{self.part} failed {self.instant_deaths} times within {INSTANT_SECONDS:.0f} s of its start, last "
                f"with status {status}. Its last messages are in the log; to see more, run it alone: "
                f"python {' '.join(self.command[:-2])}"
            )
            log.error("%s. It is restarted later; the other parts keep running.", self.failure)
        log.warning("%s exited with status %d: it is restarted in %.1f s.", self.part, status, wait)
        self._start_at = time.monotonic() + wait

    def send_signal(self, number: int) -> None:
        """Send a signal if the process still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


def supervise(children: Sequence[Child], stop: Event, errors: Errors, switch: Event = NEVER) -> None:
    """Keep the children running until `stop` or `switch` is set, then stop them all.

    A failed child does not stop the others. Raises StopPart if no recording part is left.
    """
    try:
        while not (stop.is_set() or switch.is_set()):
            for child in children:
                child.look(errors)
            require_recording(children)
            stop.wait(LOOK_SECONDS)
    finally:
        stop_all(children)


def require_recording(children: Sequence[Child]) -> None:
    """Raise StopPart if recording parts have failed and none is left running."""
    recording = [child for child in children if child.records]
    failed = [child for child in recording if child.failure]
    if failed and not any(child.is_at_work for child in recording):
        reasons = " ".join(child.failure for child in failed)
        raise StopPart(f"Producer, storage and analytics have all stopped. {reasons}")


def stop_all(children: Sequence[Child]) -> None:
    """Ask all children to stop, and kill those that don't in time."""
    until = time.monotonic() + STOP_SECONDS
    for child in children:
        child.send_signal(signal.SIGTERM)
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning(
                "%s did not stop in time and is killed; its next start continues from its tables.", child.part
            )
            child.process.kill()
            child.process.wait()
