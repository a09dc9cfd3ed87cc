"""The two threads that keep one provider's quotes coming: one for its stream, one for questions.

Nothing here trusts a connection. The stream is closed and opened anew when it ends, breaks, or brings nothing while
the market is open, with a pause that doubles from try to try. While there is no stream the provider is asked every
POLL_INTERVAL seconds, otherwise once a minute for what a stream leaves out, such as the close of the day before.

A provider that numbers its trades is asked for those behind the last one before anything newer of that name is passed
on, where its stream begins or leaves out a number, and whenever it is asked: so neither a broken connection nor a
broken frame loses one. They come page by page (`missed.py`); the other names' quotes go on meanwhile.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Queue

from producer.live.messages import Connected, Word
from producer.sources.answers import Received
from producer.sources.provider import Provider
from producer.transport.websocket import PING_SECONDS
from producer.workers.inbox import Telling
from producer.workers.missed_trades import Behind, Pages
from shared.errors import SourceError, StreamSilent, Unanswered
from shared.observability.heartbeat import beat, strand, wait

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
"""A stream that lived so long may be tried again at once after it broke."""
RECEIVE_SECONDS = 0.25
DEAD_AFTER_SECONDS = 2 * PING_SECONDS + 1.0
"""An open connection that can't be heard any more is noticed within this, even where nothing is sent."""
REFRESH_SECONDS = 60.0
STUCK_SECONDS = 900.0
"""Every question has its own time limit; so many in a row take no longer."""
GAP_PAUSE = 1.0

log = logging.getLogger("tickstream.producer")


class Feed:
    """One provider at work from `start` to `stop`; what it says goes to `inbox`. `now` gives epoch seconds.

    `follow` and `expects_quotes` are set by the thread that reads the inbox: which names are wanted, and whether
    any of their markets is open, so that silence means something.
    """

    def __init__(
        self, provider: Provider, inbox: "Queue[Word]", poll_interval: float, now: Callable[[], float]
    ) -> None:
        self.provider = provider
        self.expects_quotes = False
        self._inbox, self._now = inbox, now
        self._interval = max(poll_interval, provider.poll_seconds or 0.0)
        self._names: tuple[str, ...] = ()
        self._stop = threading.Event()
        self._telling = Telling(provider, inbox, self._stop, now)
        self._has_stream = threading.Event()
        self._ask_now = threading.Event()
        self._stream_now = threading.Event()
        self._has_failed = False
        self._failures = 0
        self._threads: list[threading.Thread] = []

    def follow(self, names: tuple[str, ...], trade_ids: dict[str, int]) -> None:
        """The names wanted from now on, and the last trade that is in the log of each that numbers them."""
        for name in set(names) - set(self._names):
            self._telling.follow(name, trade_ids.get(name))
        if names != self._names:
            self._names = names
            self._ask_now.set()

    def start(self) -> None:
        """Begin."""
        works: list[Callable[[], None]] = [self._keep_streaming] if self.provider.streams else []
        works += [self._keep_asking] if self.provider.poll_seconds is not None else []
        for work in works:
            name = f"{self.provider.name} {work.__name__}"
            thread = threading.Thread(target=self._keep, args=(work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()
        self._ask_now.set()
        self._stream_now.set()

    def join(self, seconds: float) -> None:
        """Wait for the end, at most so long: one that waits for an answer is left to its own time limit."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _keep(self, work: Callable[[], None]) -> None:
        with strand(STUCK_SECONDS):
            work()

    def _keep_streaming(self) -> None:
        while not self._stop.is_set():
            beat()
            if not self._names:
                self._stop.wait(RECEIVE_SECONDS)
                continue
            began = time.monotonic()
            try:
                self._stream()
            except SourceError as error:
                self._has_stream.clear()
                self._ask_now.set()
                if time.monotonic() - began > STEADY_SECONDS:
                    self._failures = 0
                self._wait_after(error)

    def _wait_after(self, error: SourceError) -> None:
        """Tell that the stream is gone, and pause: at most one try in the first second, then ever fewer.

        A question that is answered again ends the pause: the provider is back.
        """
        self._failures += 1
        pause = FIRST_PAUSE * 2.0 ** min(self._failures - 1, 10) * random.uniform(1.0, 1.5)  # noqa: S311 (no secret)
        pause = max(min(LONGEST_PAUSE, pause), error.retry_after or 0.0)
        if self._failures == 1:
            log.warning("The stream of %s broke (%s): it is opened again.", self.provider.name, error)
        self._telling.lost(error, True, pause)
        wanted = self._stop if error.retry_after else self._stream_now
        wait(wanted, pause)
        self._stream_now.clear()

    def _stream(self) -> None:
        """One connection from its opening to its end. Raises SourceError."""
        names = self._names
        stream = self.provider.connect(names)
        try:
            self._inbox.put(Connected(self.provider.name, self._now()))
            if self._failures:
                log.info("The stream of %s is open again.", self.provider.name)
            self._has_stream.set()
            behind, pages = Behind(), Pages(self.provider)
            self._fall_behind(names, behind)
            heard = time.monotonic()
            while not self._stop.is_set():
                beat()
                if self._names != names:
                    behind.forget(set(names) - set(self._names))
                    self._fall_behind(set(self._names) - set(names), behind)
                    names = self._names
                    stream.follow(names)
                received = stream.receive(0.0 if self._may_fetch(behind) else RECEIVE_SECONDS)
                heard = self._look_for_silence(received, heard)
                self._pass_on(received, behind)
                if self._may_fetch(behind):
                    self._close_the_gaps(behind, pages)
        finally:
            stream.close()

    def _look_for_silence(self, received: Received, heard: float) -> float:
        """When a frame was last heard. Raises StreamSilent where that is too long ago."""
        now = time.monotonic()
        if received.quotes or received.refused or not self.expects_quotes:
            self._failures = 0 if received.quotes else self._failures
            return now
        if now - heard > self.provider.silent_after:
            raise StreamSilent(f"{self.provider.name} sent nothing for {now - heard:.0f} s")
        return heard

    def _pass_on(self, received: Received, behind: Behind) -> None:
        """Tell what came, but for names of which trades before it are missing."""
        self._fall_behind(self._telling.skipping(received.quotes) - behind.names, behind)
        ready = behind.keep(received)
        if ready.quotes or ready.refused:
            self._telling.tell(ready, self._now())
        elif not self.expects_quotes:
            # Nothing is to be expected, and a connection that is dead would have been noticed by now.
            self._telling.tell(ready, self._now() - DEAD_AFTER_SECONDS)

    def _fall_behind(self, names: Iterable[str], behind: Behind) -> None:
        """Trades of these are missing, of names that number them: what comes of them waits, and so does their time."""
        if missing := self._telling.numbered(names):
            behind.names.update(missing)
            self._telling.fell_behind(missing, "stream")

    def _may_fetch(self, behind: Behind) -> bool:
        return bool(behind.due(time.monotonic())) and self._telling.may_fetch

    def _close_the_gaps(self, behind: Behind, pages: Pages) -> None:
        """A page of each name that is behind. A stream that is open is not given up because questions fail."""
        for name, outcome in self._telling.fetch_some(behind.due(time.monotonic()), pages).items():
            if isinstance(outcome, SourceError):
                pause = max(GAP_PAUSE, outcome.retry_after or 0.0)
                behind.try_again(name, time.monotonic() + pause)
                self._telling.failed(name, outcome, "stream", pause)
            elif outcome:
                self._pass_on(Received(behind.caught_up(name)), behind)

    def _keep_asking(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            beat()
            wait(self._ask_now, pause)
            self._ask_now.clear()
            if self._stop.is_set():
                return
            pause = self._ask() if self._names else RECEIVE_SECONDS

    def _ask(self) -> float:
        """Ask once; how many seconds to wait before the next time."""
        names, asked_at = self._names, self._now()
        began = time.monotonic()
        interval = REFRESH_SECONDS if self._has_stream.is_set() else self._interval
        try:
            self._ask_for(names, asked_at, interval)
        except SourceError as error:
            self._has_failed = True
            pause = max(interval, error.retry_after or 0.0)
            self._telling.lost(error, False, pause)
            return pause
        if self._has_failed and not self._has_stream.is_set():
            self._stream_now.set()
        self._has_failed = False
        return max(0.0, interval - (time.monotonic() - began))

    def _ask_for(self, names: Sequence[str], asked_at: float, seconds: float) -> None:
        """Raises SourceError where it concerns the provider, or every one of the names."""
        numbered = self._telling.numbered(names)
        failed = self._telling.catch_up(numbered, seconds)
        others = [name for name in names if name not in numbered]
        if others:
            try:
                self._telling.tell(self.provider.poll(others), asked_at, tuple(others))
            except Unanswered as error:
                failed |= dict.fromkeys(others, error)
        Received([], failed=failed).unless_all_failed(names)
        for name, reason in failed.items():
            self._telling.failed(name, reason, "question", seconds)
