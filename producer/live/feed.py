"""The two threads that keep one provider's quotes coming: one for its stream, one for questions.

Nothing here trusts a connection. The stream is closed and opened anew when it ends, breaks, or brings nothing while
the market is open, with a pause that doubles from try to try. While there is no stream the provider is asked every
POLL_INTERVAL seconds, otherwise once a minute for what a stream leaves out, such as the close of the day before.

A provider that numbers its trades is asked for those behind the last one before anything new is passed on, where its
stream begins or leaves out a number, and whenever it is asked: so neither a broken connection nor a broken frame loses
one.
"""

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable
from queue import Queue

from producer.connection import PING_SECONDS
from producer.live.words import Came, CaughtUp, Connected, Lost, Word
from producer.sources.provider import Provider, Received
from shared.errors import SourceDown, SourceError, StreamSilent, UnknownSymbol
from shared.market import Quote

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
STEADY_SECONDS = 60.0
"""A stream that lived so long may be tried again at once after it broke."""
RECEIVE_SECONDS = 0.25
DEAD_AFTER_SECONDS = 2 * PING_SECONDS + 1.0
"""An open connection that can't be heard any more is noticed within this, even where nothing is sent."""
REFRESH_SECONDS = 60.0
GAP_PAUSE = 1.0
WAITING_QUOTES = 100_000

log = logging.getLogger("tickstream.producer")


class Behind:
    """The names of which trades before the next frame are missing, and the frames that wait for them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)
        self.next_try = 0.0
        self._waiting: list[Received] = []
        self._quotes = 0

    def wait_for_gap(self, received: Received) -> None:
        """Keep a frame. Raises SourceDown where there are too many."""
        self._waiting.append(received)
        self._quotes += len(received.quotes)
        if self._quotes > WAITING_QUOTES:
            raise SourceDown("too many trades wait for those before them")

    def take(self) -> list[Received]:
        """The frames that need not wait any longer."""
        taken, self._waiting, self._quotes = self._waiting, [], 0
        return taken


class Feed:
    """One provider at work from `start` to `stop`; what it says goes to `inbox`.

    `follow` and `expects_quotes` are set by the thread that reads the inbox: which names are wanted, and whether
    any of their markets is open, so that silence means something.
    """

    def __init__(self, provider: Provider, inbox: "Queue[Word]", poll_interval: float) -> None:
        self.provider = provider
        self.expects_quotes = False
        self._inbox = inbox
        self._interval = max(poll_interval, provider.poll_seconds or 0.0)
        self._names: tuple[str, ...] = ()
        self._trade_ids: dict[str, int] = {}
        self._stop = threading.Event()
        self._has_stream = threading.Event()
        self._ask_now = threading.Event()
        self._stream_now = threading.Event()
        self._has_failed = False
        self._failures = 0
        self._threads: list[threading.Thread] = []

    def follow(self, names: tuple[str, ...], trade_ids: dict[str, int]) -> None:
        """The names wanted from now on, and the last trade that is in the log of each that numbers them."""
        for name in set(names) - set(self._names):
            # What was told of it in an earlier turn may not have reached the log.
            self._trade_ids.pop(name, None)
            if self.provider.numbers_trades and name in trade_ids:
                self._trade_ids[name] = trade_ids[name]
        if names != self._names:
            self._names = names
            self._ask_now.set()

    def start(self) -> None:
        """Begin."""
        works: list[Callable[[], None]] = [self._keep_streaming] if self.provider.streams else []
        works += [self._keep_asking] if self.provider.poll_seconds is not None else []
        for work in works:
            thread = threading.Thread(target=work, name=f"{self.provider.name} {work.__name__}", daemon=True)
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

    def _keep_streaming(self) -> None:
        while not self._stop.is_set():
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
        now = time.time()
        if self._failures == 1:
            log.warning("The stream of %s is gone (%s): it is opened anew.", self.provider.name, error)
        self._inbox.put(Lost(self.provider.name, error, True, now, now + pause))
        wanted = self._stop if error.retry_after else self._stream_now
        wanted.wait(pause)
        self._stream_now.clear()

    def _stream(self) -> None:
        """One connection from its opening to its end. Raises SourceError."""
        names = self._names
        stream = self.provider.connect(names)
        try:
            self._inbox.put(Connected(self.provider.name, time.time()))
            if self._failures:
                log.info("The stream of %s is open again.", self.provider.name)
            self._has_stream.set()
            behind = Behind(names)
            heard = time.monotonic()
            while not self._stop.is_set():
                if self._names != names:
                    names = self._names
                    stream.follow(names)
                received = stream.receive(RECEIVE_SECONDS)
                heard = self._look_for_silence(received, heard)
                behind.names |= self._skipping(received.quotes)
                self._pass_on(received, behind)
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

    def _pass_on(self, received: Received, behind: "Behind") -> None:
        """Tell what came, once the trades before it are told. Raises SourceDown where too many wait for that."""
        if behind.names and time.monotonic() >= behind.next_try:
            self._close_the_gap(behind)
        if behind.names:
            behind.wait_for_gap(received)
            return
        for earlier in behind.take():
            self._tell(earlier, time.time())
        if received.quotes or received.refused:
            self._tell(received, time.time())
        elif not self.expects_quotes:
            # Nothing is to be expected, and a connection that is dead would have been noticed by now.
            self._tell(received, time.time() - DEAD_AFTER_SECONDS)

    def _close_the_gap(self, behind: "Behind") -> None:
        """Ask for the trades that are missing. A stream that is open is not given up because questions fail."""
        try:
            self._catch_up(behind.names)
        except SourceError as error:
            pause = max(GAP_PAUSE, error.retry_after or 0.0)
            behind.next_try = time.monotonic() + pause
            self._inbox.put(Lost(self.provider.name, error, False, time.time(), time.time() + pause))
        else:
            behind.names = set()

    def _keep_asking(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            self._ask_now.wait(pause)
            self._ask_now.clear()
            if self._stop.is_set():
                return
            pause = self._ask() if self._names else RECEIVE_SECONDS

    def _ask(self) -> float:
        """Ask once; how many seconds to wait before the next time."""
        names, asked_at = self._names, time.time()
        interval = REFRESH_SECONDS if self._has_stream.is_set() else self._interval
        try:
            numbered = [name for name in names if name in self._trade_ids]
            others = [name for name in names if name not in self._trade_ids]
            self._catch_up(numbered)
            if others:
                self._tell(self.provider.poll(others), asked_at, tuple(others))
        except SourceError as error:
            self._has_failed = True
            pause = max(interval, error.retry_after or 0.0)
            self._inbox.put(Lost(self.provider.name, error, False, time.time(), time.time() + pause))
            return pause
        if self._has_failed and not self._has_stream.is_set():
            self._stream_now.set()
        self._has_failed = False
        return max(0.0, interval - (time.time() - asked_at))

    def _skipping(self, quotes: Iterable[Quote]) -> set[str]:
        """The names of which trades are missing before or among these: their numbers rise by one."""
        last: dict[str, int] = {}
        skipping = set()
        for quote in quotes:
            if quote.trade_id is not None:
                before = last.get(quote.symbol, self._trade_ids.get(quote.symbol, quote.trade_id))
                last[quote.symbol] = max(before, quote.trade_id)
                skipping |= {quote.symbol} if quote.trade_id > before + 1 else set()
        return skipping

    def _catch_up(self, names: Iterable[str]) -> None:
        """Every trade behind the last one known, in order, before anything newer. Raises SourceError."""
        at, told = time.time(), []
        for name in names:
            last = self._trade_ids.get(name)
            if last is None:
                continue
            try:
                missed = [quote for quote in self.provider.trades_after(name, last) if _number(quote) > last]
            except UnknownSymbol:
                self._tell(Received([]), contact=0.0, asked=(name,))
                continue
            told.append(name)
            if missed:
                self._tell(Received(missed), contact=0.0)
        if told:
            self._inbox.put(CaughtUp(self.provider.name, tuple(told), at))

    def _tell(self, received: Received, contact: float, asked: tuple[str, ...] = ()) -> None:
        """Into the inbox first, then the numbers: what another thread finds behind them is behind these there too."""
        self._inbox.put(Came(self.provider.name, received, contact, asked))
        for quote in received.quotes:
            if quote.trade_id is not None:
                self._trade_ids[quote.symbol] = max(quote.trade_id, self._trade_ids.get(quote.symbol, 0))


def _number(quote: Quote) -> int:
    return quote.trade_id if quote.trade_id is not None else -1
