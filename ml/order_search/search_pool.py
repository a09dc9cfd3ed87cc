"""Model searches in separate worker processes.

The owner process does no fitting and starts no thread: results wait in the workers' pipes until it polls. Every search
ends by itself, because it tries a limited number of models, see `ml.order_search.order_search`; its result never
depends on a time limit. A worker that does not respond for long, such as a frozen one, is replaced, and its search
starts again with twice the timeout. A search whose worker dies has failed.
"""

import logging
import signal
from collections import deque
from contextlib import suppress
from itertools import count
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from threading import Thread
from time import monotonic
from typing import Any, NamedTuple, Self

from ml.arima.search import SearchOutcome, SearchSettings, Series
from ml.children import exit_with, main_hidden, start_without_sigint

DIED = "the process that searched died"
"""The reason of a search whose worker died, presumably not because of its series."""

READY = "ready"
STARTUP_SECONDS = 120.0
"""A worker imports numerical libraries first, which takes seconds on a busy machine and does not count as search
time."""
IDLE_SECONDS = 120.0
"""A worker that had no search for so long is ended: its libraries take 150 MB, and a start two CPU seconds. A desk of
ten symbols searches some ten times an hour."""

log = logging.getLogger("tickstream.forecasts")


class Ticket(NamedTuple):
    """Identifies a submitted search. The pool issues each `number` once."""

    symbol: str
    interval: str
    number: int


class _Task(NamedTuple):
    """A waiting or running search; its worker is replaced after `timeout` seconds without a response."""

    ticket: Ticket
    series: Series
    settings: SearchSettings
    timeout: float


class _Worker:
    """A process and its current search. It must respond before `deadline`, None if it is idle since `idle_since`."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), name="order search", daemon=True)
        with main_hidden():
            start_without_sigint(self._process)
        theirs.close()
        self.is_ready = False
        self.task: _Task | None = None
        self.deadline: float | None = monotonic() + STARTUP_SECONDS
        self.idle_since = 0.0

    def begin(self, task: _Task) -> None:
        self.task, self.deadline = task, monotonic() + task.timeout
        # If the worker has just died, sending fails; the next read of its pipe detects that.
        with suppress(OSError):
            self.pipe.send((task.series, task.settings))

    def rest(self) -> None:
        """Wait for the next search."""
        self.task = self.deadline = None
        self.idle_since = monotonic()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


class SearchPool:
    """Searches, at most `workers` at a time. A worker without a response for `timeout` seconds, far longer than
    any search takes, is replaced. A worker starts when it is needed, and ends after `idle` seconds without a search."""

    def __init__(self, workers: int = 1, timeout: float = 60.0, idle: float = IDLE_SECONDS) -> None:
        self._size, self._timeout, self._idle = workers, timeout, idle
        self._waiting: deque[_Task] = deque()
        self._workers: list[_Worker] = []
        self._outcomes: dict[Ticket, SearchOutcome | None] = {}
        self._numbers = count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, symbol: str, interval: str, series: Series, settings: SearchSettings) -> Ticket:
        """Request a search. Returns the ticket for its result; messages name `symbol` and `interval`."""
        ticket = Ticket(symbol, interval, next(self._numbers))
        self._outcomes[ticket] = None
        self._waiting.append(_Task(ticket, series, settings, self._timeout))
        self.poll()
        return ticket

    def result(self, ticket: Ticket, wait: float) -> SearchOutcome | None:
        """Remove and return the result; None if it is not available within `wait` seconds.

        Raises KeyError if the result was already taken or the search was abandoned.
        """
        end = monotonic() + wait
        self.poll()
        while self._outcomes[ticket] is None and (left := end - monotonic()) > 0.0:
            self.poll(left)
        outcome = self._outcomes[ticket]
        if outcome is not None:
            del self._outcomes[ticket]
        return outcome

    def abandon(self, ticket: Ticket) -> None:
        """The result of this search is no longer needed: it is not started, or its outcome is dropped."""
        self._waiting = deque(task for task in self._waiting if task.ticket != ticket)
        self._outcomes.pop(ticket, None)

    def poll(self, wait: float = 0.0) -> None:
        """Assign waiting searches to idle workers, receive results, and replace unresponsive workers; wait at most
        `wait` seconds for an event."""
        self._assign()
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        wait = max(0.0, min([wait, *(deadline - monotonic() for deadline in deadlines)]))
        by_pipe: dict[Any, _Worker] = {worker.pipe: worker for worker in self._workers}
        for pipe in connection.wait(list(by_pipe), wait):
            self._receive(by_pipe[pipe])
        for worker in [
            each for each in self._workers if each.deadline is not None and each.deadline <= monotonic()
        ]:
            # A response that arrived in time but was not read yet is no overrun.
            if not worker.pipe.poll():
                self._restart(worker)
        self._assign()
        for worker in [each for each in self._workers if each.deadline is None]:
            if monotonic() - worker.idle_since >= self._idle:
                self._end(worker)

    def close(self) -> None:
        """End the workers; running searches are lost."""
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
        if message == READY:
            worker.is_ready = True
        elif worker.task is not None:
            self._found(worker.task.ticket, message)
        worker.rest()

    def _found(self, ticket: Ticket, outcome: SearchOutcome) -> None:
        """Keep an outcome unless its search was abandoned meanwhile."""
        if ticket in self._outcomes:
            self._outcomes[ticket] = outcome

    def _restart(self, worker: _Worker) -> None:
        """Replace an unresponsive worker; its search is the next to run."""
        self._end(worker)
        if not worker.is_ready:
            log.warning(
                "A process for model searches did not start within %g s: starting another.", STARTUP_SECONDS
            )
        task = worker.task
        if task is not None and task.ticket in self._outcomes:
            log.warning(
                "The model search for %s on %s bars did not respond within %g s: restarting it in a new process.",
                task.ticket.symbol,
                task.ticket.interval,
                task.timeout,
            )
            self._waiting.appendleft(task._replace(timeout=2 * task.timeout))

    def _fail(self, worker: _Worker) -> None:
        """Replace a worker that died. Its search fails. If the worker never became ready, the next waiting search
        fails, so that searches do not wait forever if no worker can start."""
        self._end(worker)
        task = worker.task
        if not worker.is_ready and self._waiting:
            task = self._waiting.popleft()
        if task is not None:
            self._found(task.ticket, SearchOutcome(None, DIED))

    def _end(self, worker: _Worker) -> None:
        worker.kill()
        self._workers.remove(worker)


def _work(pipe: "Connection[Any, Any]") -> None:
    """The main function of a worker: it ends when its owner closes the pipe, and during a search when its owner
    exits."""
    # Ctrl-C is sent to all processes of the terminal; only the owner ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=exit_with, args=(parent_process(),), name="owner watch", daemon=True).start()
    # Normal priority: the owner may be waiting for the result.
    # Imported here, because only the workers need these libraries, not the owner.
    from ml.order_search.order_search import search

    with suppress(EOFError, OSError):
        pipe.send(READY)
        while True:
            pipe.send(search(*pipe.recv()))
