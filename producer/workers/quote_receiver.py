"""The two threads that receive one provider's quotes: one reads its stream, one polls it.

The stream is reconnected when it ends, fails, or sends nothing while the market is open, with a pause that doubles
with each attempt. Without a stream the provider is polled every POLL_INTERVAL seconds, otherwise once a minute for
data missing in the stream, such as the previous close.

If a provider numbers its trades, missing ones are requested before newer ones of that name are passed on: when its
stream starts or skips a number, and at every poll. So neither a lost connection nor an invalid frame loses a trade.
They are fetched page by page (`missed_trades.py`); quotes of other names continue meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Queue

from producer.live.messages import Connected, InboxMessage
from producer.sources.answers import Received
from producer.sources.provider import Provider
from producer.transport.websocket import PING_SECONDS
from producer.workers.inbox import InboxWriter
from producer.workers.missed_trades import IncompleteNames, TradePages
from shared.errors import SourceError, StreamSilent, Unanswered
from shared.observability.heartbeat import beat, strand, wait
from shared.runtime.backoff import doubled, jittered

FIRST_PAUSE, MAX_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
"""A stream that lasted this long may be reconnected at once after a failure."""
RECEIVE_SECONDS = 0.25
DEAD_AFTER_SECONDS = 2 * PING_SECONDS + 1.0
"""A dead connection is detected within this time, even if nothing is sent."""
REFRESH_SECONDS = 60.0
STUCK_SECONDS = 900.0
"""Longer than a series of requests takes, as each has its own time limit."""
GAP_PAUSE = 1.0

log = logging.getLogger("tickstream.producer")


class QuoteReceiver:
    """Receives one provider's quotes from `start` to `stop` and puts them into `inbox`. `now` returns epoch seconds.

    The thread that reads the inbox sets the followed names and `expects_quotes`: whether any of their markets is open,
    so that silence is an error.
    """

    def __init__(
        self, provider: Provider, inbox: "Queue[InboxMessage]", poll_interval: float, now: Callable[[], float]
    ) -> None:
        self.provider = provider
        self.expects_quotes = False
        self._inbox, self._now = inbox, now
        self._interval = max(poll_interval, provider.poll_seconds or 0.0)
        self._names: tuple[str, ...] = ()
        self._stop = threading.Event()
        self._writer = InboxWriter(provider, inbox, self._stop, now)
        self._has_stream = threading.Event()
        self._poll_now = threading.Event()
        self._stream_now = threading.Event()
        self._has_failed = False
        self._failures = 0
        self._threads: list[threading.Thread] = []

    def follow(self, names: tuple[str, ...], trade_ids: dict[str, int]) -> None:
        """Set the followed names, with the last trade in the log of those whose trades are numbered."""
        for name in set(names) - set(self._names):
            self._writer.follow(name, trade_ids.get(name))
        if names != self._names:
            self._names = names
            self._poll_now.set()

    def start(self) -> None:
        """Start the threads."""
        works: list[Callable[[], None]] = [self._keep_streaming] if self.provider.streams else []
        works += [self._keep_polling] if self.provider.poll_seconds is not None else []
        for work in works:
            name = f"{self.provider.name} {work.__name__}"
            thread = threading.Thread(target=self._keep, args=(work,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ask the threads to stop."""
        self._stop.set()
        self._poll_now.set()
        self._stream_now.set()

    def join(self, seconds: float) -> None:
        """Wait at most `seconds` for the end of the threads; a pending request ends by its own time limit."""
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
                self._poll_now.set()
                if time.monotonic() - began > STEADY_SECONDS:
                    self._failures = 0
                self._wait_after(error)

    def _wait_after(self, error: SourceError) -> None:
        """Report that the stream is lost, and pause before the next attempt, longer after each failure.

        A successful poll ends the pause, because the provider is available again.
        """
        self._failures += 1
        longest = doubled(FIRST_PAUSE, MAX_PAUSE, self._failures - 1)
        pause = max(min(MAX_PAUSE, jittered(longest, 1.0, 1.5)), error.retry_after or 0.0)
        if self._failures == 1:
            log.warning("The stream of %s was lost (%s): reconnecting.", self.provider.name, error)
        self._writer.lost(error, True, pause)
        wanted = self._stop if error.retry_after else self._stream_now
        wait(wanted, pause)
        self._stream_now.clear()

    def _stream(self) -> None:
        """Run one connection from its opening to its end. Raises SourceError."""
        names = self._names
        stream = self.provider.connect(names)
        try:
            self._inbox.put(Connected(self.provider.name, self._now()))
            if self._failures:
                log.info("The stream of %s is connected again.", self.provider.name)
            self._has_stream.set()
            incomplete, pages = IncompleteNames(), TradePages(self.provider)
            self._fall_behind(names, incomplete)
            received_at = time.monotonic()
            while not self._stop.is_set():
                beat()
                if self._names != names:
                    incomplete.forget(set(names) - set(self._names))
                    self._fall_behind(set(self._names) - set(names), incomplete)
                    names = self._names
                    stream.follow(names)
                received = stream.receive(0.0 if self._may_fetch(incomplete) else RECEIVE_SECONDS)
                received_at = self._check_silence(received, received_at)
                self._pass_on(received, incomplete)
                if self._may_fetch(incomplete):
                    self._close_the_gaps(incomplete, pages)
        finally:
            stream.close()

    def _check_silence(self, received: Received, received_at: float) -> float:
        """The time of the last frame. Raises StreamSilent if that is too long ago."""
        now = time.monotonic()
        if received.quotes or received.refused or not self.expects_quotes:
            self._failures = 0 if received.quotes else self._failures
            return now
        if now - received_at > self.provider.silent_after:
            raise StreamSilent(f"{self.provider.name} sent nothing for {now - received_at:.0f} s")
        return received_at

    def _pass_on(self, received: Received, incomplete: IncompleteNames) -> None:
        """Pass on what was received, except quotes of names with missing trades."""
        self._fall_behind(self._writer.skipping(received.quotes) - incomplete.names, incomplete)
        ready = incomplete.keep(received)
        if ready.quotes or ready.refused:
            self._writer.send(ready, self._now())
        elif not self.expects_quotes:
            # No quotes are expected, and a dead connection would have been detected by now.
            self._writer.send(ready, self._now() - DEAD_AFTER_SECONDS)

    def _fall_behind(self, names: Iterable[str], incomplete: IncompleteNames) -> None:
        """Note missing trades, for names with numbered trades: their new quotes wait, and their watermark stops."""
        if missing := self._writer.numbered(names):
            incomplete.names.update(missing)
            self._writer.fell_behind(missing, "stream")

    def _may_fetch(self, incomplete: IncompleteNames) -> bool:
        return bool(incomplete.due(time.monotonic())) and self._writer.may_fetch

    def _close_the_gaps(self, incomplete: IncompleteNames, pages: TradePages) -> None:
        """Fetch a page for each name with missing trades. Failed requests do not end an open stream."""
        for name, outcome in self._writer.fetch_some(incomplete.due(time.monotonic()), pages).items():
            if isinstance(outcome, SourceError):
                pause = max(GAP_PAUSE, outcome.retry_after or 0.0)
                incomplete.try_again(name, time.monotonic() + pause)
                self._writer.failed(name, outcome, "stream", pause)
            elif outcome:
                self._pass_on(Received(incomplete.caught_up(name)), incomplete)

    def _keep_polling(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            beat()
            wait(self._poll_now, pause)
            self._poll_now.clear()
            if self._stop.is_set():
                return
            pause = self._poll() if self._names else RECEIVE_SECONDS

    def _poll(self) -> float:
        """Poll once; returns the seconds until the next poll."""
        names, asked_at = self._names, self._now()
        began = time.monotonic()
        interval = REFRESH_SECONDS if self._has_stream.is_set() else self._interval
        try:
            self._poll_names(names, asked_at, interval)
        except SourceError as error:
            self._has_failed = True
            pause = max(interval, error.retry_after or 0.0)
            self._writer.lost(error, False, pause)
            return pause
        if self._has_failed and not self._has_stream.is_set():
            self._stream_now.set()
        self._has_failed = False
        return max(0.0, interval - (time.monotonic() - began))

    def _poll_names(self, names: Sequence[str], asked_at: float, seconds: float) -> None:
        """Poll these names. Raises SourceError if it concerns the provider or all names."""
        numbered = self._writer.numbered(names)
        failed = self._writer.catch_up(numbered, seconds)
        others = [name for name in names if name not in numbered]
        if others:
            try:
                self._writer.send(self.provider.poll(others), asked_at, tuple(others))
            except Unanswered as error:
                failed |= dict.fromkeys(others, error)
        Received([], failed=failed).unless_all_failed(names)
        for name, reason in failed.items():
            self._writer.failed(name, reason, "poll", seconds)
