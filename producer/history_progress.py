"""The progress of loading histories: a progress bar on a terminal, and a log line at the end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from producer.live.quality.row import QualityRow

LOOK_SECONDS = 0.5

log = logging.getLogger("tickstream.producer")


@contextmanager
def showing_history(quality: Callable[[], Sequence[QualityRow]]) -> Iterator[None]:
    """Show the progress in a separate thread until all histories are loaded; `quality` returns the current status."""
    over = threading.Event()
    thread = threading.Thread(target=_show, args=(quality, over), name="history progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _show(quality: Callable[[], Sequence[QualityRow]], over: threading.Event) -> None:
    began = time.monotonic()
    while not quality():
        if over.wait(LOOK_SECONDS):
            return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Price history")
        while any(row.state == "history" for row in quality()):
            done = sum(row.history_done for row in quality())
            progress.update(task, completed=done, total=sum(row.history_total for row in quality()))
            if over.wait(LOOK_SECONDS):
                return
    seconds = time.monotonic() - began
    log.info("The history of %d symbols was loaded in %.0f s.", len(quality()), seconds)
