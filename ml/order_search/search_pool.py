"""Searches in processes of their own.

The caller's process never fits and starts no thread: results lie in the workers' pipes until it asks. A search ends by
itself, for it tries a bounded number of models, see `ml.order_search.order_search`; no clock decides what it finds. A
worker that has not answered for long, such as one that was frozen, is replaced, and its search begins again with twice
the patience. A search whose worker dies has failed.
"""

import logging
import signal
from collections import deque
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, Self

from ml.arima.search import SearchOutcome, SearchSettings, Series
from ml.children import exit_with, start_without_sigint

Key = tuple[str, str, int]
"""Names a search: symbol, interval and a number."""

DIED = "the process that searched died"
"""The reason of a search that failed for no fault of its series, as far as can be told."""

ABANDONED: Key = ("", "", -1)
"""Names no search: whose result is dropped when it comes, as the same key may be asked for again before."""

READY = "ready"
STARTUP_SECONDS = 120.0
"""A worker imports numerics first: seconds on a busy machine, and no part of a search's time."""

log = logging.getLogger("tickstream.forecasts")


class _Task(NamedTuple):
    """A search that waits or is under way; a worker may be silent over it for `timeout` seconds."""

    key: Key
    series: Series
    settings: SearchSettings
    timeout: float


class _Worker:
    """One process and the search it is busy with. It must speak before `deadline`, None where it is idle."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), name="order search", daemon=True)
        start_without_sigint(self._process)
        theirs.close()
        self.is_ready = False
        self.task: _Task | None = None
        self.deadline: float | None = monotonic() + STARTUP_SECONDS

    def begin(self, task: _Task) -> None:
        self.task, self.deadline = task, monotonic() + task.timeout
        # To a worker that has just died nothing can be sent; its pipe says so when it is listened to next.
        with suppress(OSError):
            self.pipe.send((task.series, task.settings))

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


class SearchPool:
    """Searches by key, at most `workers` at a time. A worker that is silent for `timeout` seconds, far more than any
    search takes, is replaced. `overruns` and `deaths` count those that had to be. A worker starts when it is first
    needed.
    """

    def __init__(self, workers: int = 1, timeout: float = 60.0) -> None:
        self._size, self._timeout = workers, timeout
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._outcomes: dict[Key, SearchOutcome | None] = {}
        self.overruns = self.deaths = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, key: Key, series: Series, settings: SearchSettings) -> None:
        """Ask for a search. Raises ValueError where one of that key was asked for and its result not yet taken."""
        if key in self._outcomes:
            raise ValueError(f"the search {key} is under way already")
        self._outcomes[key] = None
        self._waiting.append(_Task(key, series, settings, self._timeout))
        self.poll()

    def result(self, key: Key, wait: float) -> SearchOutcome | None:
        """The result, taken out; None where it is not there within `wait` seconds.

        Raises KeyError where the search was not asked for.
        """
        end = monotonic() + wait
        self.poll()
        while self._outcomes[key] is None and (left := end - monotonic()) > 0.0:
            self.poll(left)
        outcome = self._outcomes[key]
        if outcome is not None:
            del self._outcomes[key]
        return outcome

    def abandon(self, key: Key) -> None:
        """Nobody wants the result of this search any more: it does not begin, or its outcome is dropped."""
        self._waiting = deque(task for task in self._waiting if task.key != key)
        self._outcomes.pop(key, None)
        for worker in self._workers:
            if worker.task is not None and worker.task.key == key:
                worker.task = worker.task._replace(key=ABANDONED)

    def poll(self, wait: float = 0.0) -> None:
        """Hand waiting searches to idle workers, take what is done, replace what hangs; wait at most so many seconds
        for anything to happen."""
        self._assign()
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        wait = max(0.0, min([wait, *(deadline - monotonic() for deadline in deadlines)]))
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
        for pipe in connection.wait(list(by_pipe), wait):
            self._receive(by_pipe[pipe])
        for worker in [
            each for each in self._workers if each.deadline is not None and each.deadline <= monotonic()
        ]:
            # What came in time while nobody listened is no overrun.
            if not worker.pipe.poll():
                self._restart(worker)
        self._assign()

    def close(self) -> None:
        """End the workers; searches under way are lost."""
        for worker in self._workers:
            worker.kill()
        self._workers.clear()

    def _assign(self) -> None:
        while self._waiting:
            idle = next((worker for worker in self._workers if worker.is_ready and worker.task is None), None)
            if idle is None:
                break
            idle.begin(self._waiting.popleft())
        if self._waiting and len(self._workers) < self._size:
            self._workers.append(_Worker())

    def _receive(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv()
        except (EOFError, OSError):
            self._fail(worker)
            return
        worker.deadline = None
        if message == READY:
            worker.is_ready = True
        elif worker.task is not None:
            self._found(worker.task.key, message)
            worker.task = None

    def _found(self, key: Key, outcome: SearchOutcome) -> None:
        if key in self._outcomes:
            self._outcomes[key] = outcome

    def _restart(self, worker: _Worker) -> None:
        """Replace a worker that is silent; its search is the next one."""
        self.overruns += 1
        self._end(worker)
        if worker.task is not None and worker.task.key in self._outcomes:
            log.warning(
                "The search for a model of %s on %s bars gave no answer within %g s: it begins again in a new process.",
                *(*worker.task.key[:2], worker.task.timeout),
            )
            self._waiting.appendleft(worker.task._replace(timeout=2 * worker.task.timeout))

    def _fail(self, worker: _Worker) -> None:
        """Replace a worker that died. The search it was busy with fails; of one that never got ready the next in
        turn, lest everything wait for ever where no worker can start."""
        self.deaths += 1
        self._end(worker)
        task = worker.task
        if not worker.is_ready and self._waiting:
            task = self._waiting.popleft()
        if task is not None:
            self._found(task.key, SearchOutcome(None, DIED))

    def _end(self, worker: _Worker) -> None:
        worker.kill()
        self._workers.remove(worker)


def _work(pipe: "Connection[Any, Any]") -> None:
    """The life of a worker: it ends when its owner's end of the pipe is closed, and amid a search with its owner."""
    # Ctrl-C reaches the whole terminal; the owner decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=exit_with, args=(parent_process(),), name="owner watch", daemon=True).start()
    # It does not yield to others: its owner may be waiting for it, and all that it yielded to would come before both.
    # Imported here, so that the owner never loads what only its workers need.
    from ml.order_search.order_search import search

    with suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(search(*pipe.recv()))
