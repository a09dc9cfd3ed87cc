"""A part as its real process, with the resources that it used."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psutil

STOP_SECONDS = 10.0
PROJECT = Path(__file__).resolve().parents[2]


class Usage(NamedTuple):
    """Resources of a process from start to end, peak memory in megabytes, and its output."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    printed: str


class Part:
    """A running process of `python -m module`."""

    def __init__(self, module: str, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
        self._module = module
        self._began = time.monotonic()
        command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.PIPE)
        self._watched = psutil.Process(self._process.pid)

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        times = self._watched.cpu_times()
        return float(times.user + times.system)

    def megabytes(self) -> float:
        """Resident memory now, that of its children included."""
        processes = [self._watched, *self._watched.children(recursive=True)]
        return sum(float(process.memory_info().rss) for process in processes) / 2**20

    def ended(self) -> Usage:
        """Wait for its end. Raises ChildProcessError if it failed."""
        assert self._process.stdout is not None, "it is a pipe"
        printed = self._process.stdout.read().decode()
        _, status, used = os.wait4(self._process.pid, 0)
        seconds = time.monotonic() - self._began
        self._process.stdout.close()
        self._process.returncode = os.waitstatus_to_exitcode(status)
        if self._process.returncode:
            raise ChildProcessError(f"{self._module} ended with status {self._process.returncode}")
        return Usage(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed)

    def stopped(self) -> Usage:
        """Ask it to stop and wait for its end."""
        self._process.terminate()
        return self.ended()

    def abandon(self) -> None:
        """End it if the benchmark itself ends early."""
        if self._process.returncode is not None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
