"""How the threads of one provider put what they hear into the inbox, and fetch numbered trades that were missed."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import Queue

from producer.live.messages import Asker, Came, CaughtUp, FellBehind, Lost, Word
from producer.sources.answers import Received
from producer.sources.provider import Provider
from producer.workers.missed_trades import Pages
from shared.errors import SourceError, Unanswered, UnknownSymbol
from shared.market.records import Quote
from shared.observability.heartbeat import beat

WORDS_WAITING = 32
"""So many words in the inbox, each a page at most, and no more missed trades are fetched."""
INBOX_SECONDS = 0.02


class Telling:
    """What was told of one provider; used by its two threads. `now` gives the time in epoch seconds."""

    def __init__(
        self, provider: Provider, inbox: "Queue[Word]", stop: threading.Event, now: Callable[[], float]
    ) -> None:
        self.provider, self.now = provider, now
        self._source, self._inbox, self._stop = provider.name, inbox, stop
        self._trade_ids: dict[str, int] = {}
        self._fetching = threading.Lock()

    def follow(self, name: str, trade_id: int | None) -> None:
        """A name is new; of one that numbers its trades, the last that is in the log."""
        # What was told of it in an earlier turn may not have reached the log.
        self._trade_ids.pop(name, None)
        if self.provider.numbers_trades and trade_id is not None:
            self._trade_ids[name] = trade_id

    def numbered(self, names: Iterable[str]) -> list[str]:
        """Those of which the last trade is known."""
        return [name for name in names if name in self._trade_ids]

    def skipping(self, quotes: Iterable[Quote]) -> set[str]:
        """The names of which trades are missing before or among these: their numbers rise by one."""
        last: dict[str, int] = {}
        skipping = set()
        for quote in quotes:
            if quote.trade_id is not None:
                before = last.get(quote.symbol, self._trade_ids.get(quote.symbol, quote.trade_id))
                last[quote.symbol] = max(before, quote.trade_id)
                skipping |= {quote.symbol} if quote.trade_id > before + 1 else set()
        return skipping

    def tell(self, received: Received, contact: float, asked: tuple[str, ...] = ()) -> None:
        """Into the inbox first, then the numbers: what another thread finds behind them is behind these there too."""
        self._inbox.put(Came(self._source, received, contact, asked))
        for quote in received.quotes:
            if quote.trade_id is not None:
                self._trade_ids[quote.symbol] = max(quote.trade_id, self._trade_ids.get(quote.symbol, 0))

    def fell_behind(self, names: Iterable[str], by: Asker) -> None:
        """What is newest of these is missing."""
        self._inbox.put(FellBehind(self._source, tuple(names), by, None))

    def lost(self, error: SourceError, is_stream: bool, pause: float) -> None:
        """The stream or a question failed, and is tried again after so many seconds."""
        now = self.now()
        self._inbox.put(Lost(self._source, error, is_stream, now, now + pause))

    def failed(self, name: str, error: SourceError, by: Asker, pause: float) -> None:
        """A name could not be asked for: what is its own affair is told of it alone."""
        if isinstance(error, Unanswered):
            self._inbox.put(FellBehind(self._source, (name,), by, error))
        else:
            self.lost(error, False, pause)

    @property
    def may_fetch(self) -> bool:
        """Whether what was fetched before is on its way into the log, and no other thread is fetching."""
        return self._has_room and not self._fetching.locked()

    @property
    def _has_room(self) -> bool:
        return self._inbox.qsize() < WORDS_WAITING

    def fetch_some(self, names: Iterable[str], pages: Pages) -> dict[str, bool | SourceError]:
        """A page of each: whether it was the last one, or why there was none; nothing while another thread fetches."""
        if not self._fetching.acquire(blocking=False):
            return {}
        try:
            return {name: self._fetched(name, pages) for name in names if not self._stop.is_set()}
        finally:
            self._fetching.release()

    def _fetched(self, name: str, pages: Pages) -> bool | SourceError:
        try:
            return self._fetch(name, pages, "stream")
        except SourceError as error:
            return error

    def catch_up(self, names: Iterable[str], seconds: float) -> dict[str, SourceError]:
        """Every trade behind the last one known, in order, a page of each name in turn; and which names failed.

        After so many seconds the rest is left to the next call. Raises SourceError that concerns the provider.
        """
        waiting, pages, failed = deque(names), Pages(self.provider), dict[str, SourceError]()
        until = time.monotonic() + seconds
        with self._fetching:
            while waiting and self._waits_for_room():
                name = waiting.popleft()
                try:
                    is_whole = self._fetch(name, pages, "question")
                except Unanswered as error:
                    failed[name] = error
                else:
                    waiting += [] if is_whole or time.monotonic() > until else [name]
        return failed

    def _waits_for_room(self) -> bool:
        """Return once there is room; False where the stop was asked for."""
        while not self._has_room and not self._stop.wait(INBOX_SECONDS):
            beat()
        return not self._stop.is_set()

    def _fetch(self, name: str, pages: Pages, by: Asker) -> bool:
        """Tell one page of the trades that are missing; whether it was the last one. Raises SourceError."""
        at, last = self.now(), self._trade_ids.get(name)
        if last is None:
            return True
        try:
            page = pages.next(name, last)
        except UnknownSymbol:
            self.tell(Received([]), contact=0.0, asked=(name,))
            return True
        if page.quotes:
            self.tell(Received(page.quotes), contact=0.0)
        if page.is_last:
            self._inbox.put(CaughtUp(self._source, (name,), at, by))
        return page.is_last
