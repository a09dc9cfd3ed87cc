"""Child processes for slow work: they end when the part ends them, or when the part itself ends."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running
from types import ModuleType


def start_without_sigint(process: BaseProcess) -> None:
    """Start a process that ignores Ctrl-C, even during its first imports; only the part ends it."""
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    ensure_running()  # if it started with the first process, it would unblock the signal too soon
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


@contextmanager
def main_hidden() -> Iterator[None]:
    """A process that is started meanwhile does not import the main module of its owner, with all libraries of the part.
    Its function must be in another module."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def exit_with(owner: BaseProcess | None) -> None:
    """Exit when the owner of this process has ended, even if it was killed, so that a hanging child does not remain."""
    if owner is not None:
        owner.join()
        os._exit(1)
