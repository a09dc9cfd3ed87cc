"""Child processes for slow work: they end when the part ends them, or when the part itself ends."""

import os
import signal
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running


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


def exit_with(owner: BaseProcess | None) -> None:
    """Exit when the owner of this process has ended, even if it was killed, so that a hanging child does not remain."""
    if owner is not None:
        owner.join()
        os._exit(1)
