"""The progress of loading histories: a progress bar on a terminal, and a log line at the end."""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from threading import Event

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from producer.live.quality.row import QualityRow
from shared.runtime.background import in_background

LOOK_SECONDS = 0.5

log = logging.getLogger("tickstream.producer")


def showing_history(quality: Callable[[], Sequence[QualityRow]]) -> AbstractContextManager[None]:
    """Show the progress in a separate thread until all histories are loaded; `quality` returns the current status."""
    return in_background(partial(_show, quality), "history progress")


def _show(quality: Callable[[], Sequence[QualityRow]], over: Event) -> None:
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
