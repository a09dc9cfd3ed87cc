"""The thread that fetches histories from a provider, one symbol after the other."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue

from producer.live.messages import (
    HistoryDelayed,
    HistoryEnded,
    HistoryReceived,
    HistoryRequest,
    InboxMessage,
    LateRecords,
)
from producer.sources.answers import HistorySlice
from producer.sources.provider import Provider
from producer.transport.provider_clock import ProviderClock
from shared.errors import Refused, SourceError, Unanswered, UnknownSymbol
from shared.market.records import INTERVAL_SECONDS, CorporateAction, RecordedBar
from shared.observability.heartbeat import beat, strand, wait
from shared.runtime.backoff import doubled

PAUSE_SECONDS, MAX_PAUSE = 2.0, 60.0
"""Pause between two attempts for one history; it doubles with each attempt."""
PATIENCE_SECONDS = 60.0
"""How long quotes wait for the history of a gap while the provider fails."""
PAST_PATIENCE_SECONDS = 300.0
"""How long they wait for a whole history if requests for other symbols succeed."""
MAX_PATIENCE_SECONDS = 1800.0
"""The same if no history request succeeds, although the provider responds; the history can't be added later."""
LOOK_SECONDS = 0.25
STUCK_SECONDS = 3600.0
"""A provider with a low request limit may take long for a part of a history."""

log = logging.getLogger("tickstream.producer")


@dataclass(eq=False)
class Task:
    """A history request until it is completed or abandoned; times are seconds of time.monotonic."""

    request: HistoryRequest
    made: float = field(default_factory=time.monotonic)
    due: float = 0.0
    failures: int = 0
    failing_since: float | None = None

    def failed(self, now: float) -> None:
        """Note a failed attempt."""
        self.failures += 1
        self.failing_since = self.failing_since or now

    @property
    def pause(self) -> float:
        """Seconds until the next attempt."""
        return doubled(PAUSE_SECONDS, MAX_PAUSE, self.failures - 1)


class HistoryWorker:
    """Fetches histories from one provider and puts them into `inbox`. A failing history does not delay others."""

    def __init__(
        self, provider: Provider, inbox: "Queue[InboxMessage]", clock: ProviderClock | None = None
    ) -> None:
        self._provider, self._inbox = provider, inbox
        self._clock = clock or ProviderClock(lambda: datetime.fromtimestamp(time.time(), UTC))
        self._queue: Queue[Task] = Queue()
        self._later: list[Task] = []
        self._cancelled: set[HistoryRequest] = set()
        self._stop = threading.Event()
        self._down_since: float | None = None
        self._given_at = float("-inf")
        self._thread = threading.Thread(target=self._work, name=f"{provider.name} history", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def request(self, request: HistoryRequest) -> None:
        """Queue a request."""
        self._queue.put(Task(request))

    def cancel(self, request: HistoryRequest) -> None:
        """Cancel a request."""
        self._cancelled.add(request)

    def stop(self) -> None:
        """Ask the thread to stop."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait at most `seconds` for the end of the thread; a pending request ends by its own time limit."""
        self._thread.join(seconds)

    def _work(self) -> None:
        with strand(STUCK_SECONDS):
            while not self._stop.is_set():
                beat()
                if (task := self._next()) is not None:
                    self._turn_to(task)

    def _turn_to(self, task: Task) -> None:
        if task.request in self._cancelled:
            self._cancelled.discard(task.request)
        elif task.request.late_only:
            self._look_for_late(task.request)
        else:
            self._fulfil(task)

    def _next(self) -> Task | None:
        """The next task: new ones first, then due retries; None if there is none within a short time."""
        due = next((task for task in self._later if task.due <= time.monotonic()), None)
        try:
            return self._queue.get(timeout=0 if due else LOOK_SECONDS)
        except Empty:
            if due is not None:
                self._later.remove(due)
            return due

    def _look_for_late(self, request: HistoryRequest) -> None:
        try:
            parts = self._parts(request, self._clock.now())
            found = [record for part in parts for record in part.records if _comes_late(record)]
        except SourceError as error:
            log.debug("splits, dividends and late days of %s could not be read: %s", request.symbol, error)
        else:
            self._inbox.put(LateRecords(request.symbol, found))

    def _fulfil(self, task: Task) -> None:
        """Fetch one history. After a failure it is retried with growing pauses, after the other tasks."""
        request, asked_at, began = task.request, self._clock.now(), time.monotonic()
        try:
            self._fetch(request, asked_at)
        except (UnknownSymbol, Refused) as error:
            self._inbox.put(HistoryEnded(request, error, asked_at))
        except SourceError as error:
            self._try_later(task, error, asked_at)
        else:
            self._down_since, self._given_at = None, time.monotonic()
            # The responses may have shown that this machine's clock is fast: then fewer minutes had ended.
            asked_at = min(asked_at, self._clock.now() - (self._given_at - began))
            self._inbox.put(HistoryEnded(request, None, asked_at))

    def _try_later(self, task: Task, error: SourceError, asked_at: float) -> None:
        """Schedule a retry, or abandon the history after a while, because quotes wait for it.

        If the provider fails, and not only this request, the other tasks wait too.
        """
        now = time.monotonic()
        task.failed(now)
        is_alone = isinstance(error, Unanswered)
        self._down_since = None if is_alone else self._down_since or now
        left = self._patience_left(task, now)
        if left <= 0:
            self._inbox.put(HistoryEnded(task.request, error, asked_at))
            return
        self._inbox.put(HistoryDelayed(task.request, error))
        wanted = max(task.pause if is_alone else PAUSE_SECONDS, error.retry_after or 0.0)
        pause = min(wanted, MAX_PAUSE, max(left, PAUSE_SECONDS))
        task.due = now + pause
        self._later.append(task)
        if not is_alone:
            wait(self._stop, pause)

    def _patience_left(self, task: Task, now: float) -> float:
        """Seconds until this history is abandoned. That of a gap has its own limit, independent of earlier failures.

        A whole history can't be published after quotes, so it is abandoned only if the provider responds but fails.
        """
        began = min(task.failing_since or now, self._down_since or now)
        since = max(task.made, began)
        if task.request.after is not None:
            return since + PATIENCE_SECONDS - now
        if self._down_since is not None:
            return float("inf")
        has_others = self._given_at > task.made
        return since + (PAST_PATIENCE_SECONDS if has_others else MAX_PATIENCE_SECONDS) - now

    def _fetch(self, request: HistoryRequest, asked_at: float) -> None:
        for part in self._parts(request, asked_at):
            beat()
            if self._stop.is_set() or request in self._cancelled:
                return
            latest = self._clock.latest()
            finished = [record for record in part.records if _ends(record) <= latest]
            self._inbox.put(HistoryReceived(request, part._replace(records=finished)))

    def _parts(self, request: HistoryRequest, asked_at: float) -> Iterator[HistorySlice]:
        after = None if request.after is None else datetime.fromtimestamp(request.after, UTC)
        return self._provider.history(request.name, after, datetime.fromtimestamp(asked_at, UTC))


def _comes_late(record: RecordedBar | CorporateAction) -> bool:
    """Whether the record may be published after the watermark has passed it; intraday bars may not."""
    return isinstance(record, CorporateAction) or record.interval == "1d"


def _ends(record: RecordedBar | CorporateAction) -> float:
    """The end of an intraday bar in epoch seconds; days and actions are provided only once they have ended."""
    if isinstance(record, CorporateAction) or record.interval == "1d":
        return float("-inf")
    return record.start.timestamp() + INTERVAL_SECONDS[record.interval]
