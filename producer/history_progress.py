"""How far the histories are, on the terminal: a bar where it is one, else a line at the end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from producer.live.quality_row import QualityRow

LOOK_SECONDS = 0.5

log = logging.getLogger("tickstream.producer")


@contextmanager
def showing_history(quality: Callable[[], Sequence[QualityRow]]) -> Iterator[None]:
    """Show it from a thread of its own until every history is in; `quality` tells how each symbol fares now."""
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
        task = progress.add_task("History of prices")
        while any(row.state == "history" for row in quality()):
            done = sum(row.history_done for row in quality())
            progress.update(task, completed=done, total=sum(row.history_total for row in quality()))
            if over.wait(LOOK_SECONDS):
                return
    seconds = time.monotonic() - began
    log.info("The history of %d symbols is loaded after %.0f s.", len(quality()), seconds)
