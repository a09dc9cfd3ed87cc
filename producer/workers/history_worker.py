"""The thread that fetches a provider's history, one symbol after the other."""

import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue

from producer.live.messages import FoundLate, Past, PastDelayed, PastEnded, Wish, Word
from producer.sources.answers import HistorySlice
from producer.sources.provider import Provider
from producer.transport.provider_clock import ProviderClock
from shared.errors import Refused, SourceError, Unanswered, UnknownSymbol
from shared.market.records import INTERVAL_SECONDS, CorporateAction, RecordedBar
from shared.observability.heartbeat import beat, strand, wait

PAUSE_SECONDS, LONGEST_PAUSE = 2.0, 60.0
"""Between two tries of one history: the pause doubles from try to try."""
PATIENCE_SECONDS = 60.0
"""How long quotes wait for the history of a gap while the provider gives none."""
PAST_PATIENCE_SECONDS = 300.0
"""How long they wait for a whole past that the provider fails to give, while it gives those of others."""
LONGEST_PATIENCE_SECONDS = 1800.0
"""The same where it gives no history at all, but answers: what is given up here can't come later."""
LOOK_SECONDS = 0.25
STUCK_SECONDS = 3600.0
"""A provider that allows few questions may take long to give a part of a history."""

log = logging.getLogger("tickstream.producer")


@dataclass(eq=False)
class Task:
    """A wish from when it was made until it is fulfilled or given up; times are seconds of time.monotonic."""

    wish: Wish
    made: float = field(default_factory=time.monotonic)
    due: float = 0.0
    failures: int = 0
    failing_since: float | None = None

    def failed(self, now: float) -> None:
        """One more try failed."""
        self.failures += 1
        self.failing_since = self.failing_since or now

    @property
    def pause(self) -> float:
        """Seconds until the next try."""
        return float(min(LONGEST_PAUSE, PAUSE_SECONDS * 2.0 ** min(self.failures - 1, 10)))


class Historian:
    """One provider's history; parts and ends go to `inbox`. A history that fails holds up no other."""

    def __init__(self, provider: Provider, inbox: "Queue[Word]", clock: ProviderClock | None = None) -> None:
        self._provider, self._inbox = provider, inbox
        self._clock = clock or ProviderClock(lambda: datetime.fromtimestamp(time.time(), UTC))
        self._wishes: Queue[Task] = Queue()
        self._later: list[Task] = []
        self._unwished: set[Wish] = set()
        self._stop = threading.Event()
        self._down_since: float | None = None
        self._given_at = float("-inf")
        self._thread = threading.Thread(target=self._work, name=f"{provider.name} history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Fetch this when it is its turn."""
        self._wishes.put(Task(wish))

    def unwish(self, wish: Wish) -> None:
        """Nobody waits for this any more."""
        self._unwished.add(wish)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the end, at most so long: a request under way is left to its own time limit."""
        self._thread.join(seconds)

    def _work(self) -> None:
        with strand(STUCK_SECONDS):
            while not self._stop.is_set():
                beat()
                if (task := self._next()) is not None:
                    self._turn_to(task)

    def _turn_to(self, task: Task) -> None:
        if task.wish in self._unwished:
            self._unwished.discard(task.wish)
        elif task.wish.late_only:
            self._look_for_late(task.wish)
        else:
            self._fulfil(task)

    def _next(self) -> Task | None:
        """What is new first, then what is to be tried again by now; None where there is nothing for a moment."""
        due = next((task for task in self._later if task.due <= time.monotonic()), None)
        try:
            return self._wishes.get(timeout=0 if due else LOOK_SECONDS)
        except Empty:
            if due is not None:
                self._later.remove(due)
            return due

    def _look_for_late(self, wish: Wish) -> None:
        try:
            parts = self._parts(wish, self._clock.now())
            found = [record for part in parts for record in part.records if _comes_late(record)]
        except SourceError as error:
            log.debug("splits, dividends and late days of %s could not be read: %s", wish.symbol, error)
        else:
            self._inbox.put(FoundLate(wish.symbol, found))

    def _fulfil(self, task: Task) -> None:
        """Fetch one history. What fails is tried again, ever more seldom, when the others had their turn."""
        wish, asked_at, began = task.wish, self._clock.now(), time.monotonic()
        try:
            self._fetch(wish, asked_at)
        except (UnknownSymbol, Refused) as error:
            self._inbox.put(PastEnded(wish, error, asked_at))
        except SourceError as error:
            self._try_later(task, error, asked_at)
        else:
            self._down_since, self._given_at = None, time.monotonic()
            # The answers may have told that this machine's clock is fast: less was over then.
            asked_at = min(asked_at, self._clock.now() - (self._given_at - began))
            self._inbox.put(PastEnded(wish, None, asked_at))

    def _try_later(self, task: Task, error: SourceError, asked_at: float) -> None:
        """Quotes wait for it: what was not to be had for a while is given up.

        Where it is the provider that fails, and not this one question, the others need not be asked now either.
        """
        now = time.monotonic()
        task.failed(now)
        is_alone = isinstance(error, Unanswered)
        self._down_since = None if is_alone else self._down_since or now
        left = self._patience_left(task, now)
        if left <= 0:
            self._inbox.put(PastEnded(task.wish, error, asked_at))
            return
        self._inbox.put(PastDelayed(task.wish, error))
        wanted = max(task.pause if is_alone else PAUSE_SECONDS, error.retry_after or 0.0)
        pause = min(wanted, LONGEST_PAUSE, max(left, PAUSE_SECONDS))
        task.due = now + pause
        self._later.append(task)
        if not is_alone:
            wait(self._stop, pause)

    def _patience_left(self, task: Task, now: float) -> float:
        """Seconds until this history is given up. That of a gap has its own patience, whatever failed before it.

        A whole past can't come later than quotes: it is given up only where the provider is there, and fails at it.
        """
        began = min(task.failing_since or now, self._down_since or now)
        since = max(task.made, began)
        if task.wish.after is not None:
            return since + PATIENCE_SECONDS - now
        if self._down_since is not None:
            return float("inf")
        has_others = self._given_at > task.made
        return since + (PAST_PATIENCE_SECONDS if has_others else LONGEST_PATIENCE_SECONDS) - now

    def _fetch(self, wish: Wish, asked_at: float) -> None:
        for part in self._parts(wish, asked_at):
            beat()
            if self._stop.is_set():
                return
            latest = self._clock.latest()
            finished = [record for record in part.records if _ends(record) <= latest]
            self._inbox.put(Past(wish, part._replace(records=finished)))

    def _parts(self, wish: Wish, asked_at: float) -> Iterator[HistorySlice]:
        after = None if wish.after is None else datetime.fromtimestamp(wish.after, UTC)
        return self._provider.history(wish.name, after, datetime.fromtimestamp(asked_at, UTC))


def _comes_late(record: RecordedBar | CorporateAction) -> bool:
    """Whether it may be told when time has passed it: not so what quotes or minutes have told."""
    return isinstance(record, CorporateAction) or record.interval == "1d"


def _ends(record: RecordedBar | CorporateAction) -> float:
    """When a bar shorter than a day is over, epoch seconds; days and actions are told once they are."""
    if isinstance(record, CorporateAction) or record.interval == "1d":
        return float("-inf")
    return record.start.timestamp() + INTERVAL_SECONDS[record.interval]
