"""Processes that a part starts for slow work: they end when the part says so, and with it."""

import os
import signal
from multiprocessing.process import BaseProcess
from multiprocessing.resource_tracker import ensure_running


def start_without_sigint(process: BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach, not amid its first imports either: the part decides when it ends."""
    if not hasattr(signal, "pthread_sigmask"):
        process.start()
        return
    ensure_running()  # started with the first process otherwise, it would unblock the signal too soon
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def exit_with(owner: BaseProcess | None) -> None:
    """End this process when the one that started it is gone, even killed: nobody is left to end one that hangs."""
    if owner is not None:
        owner.join()
        os._exit(1)
