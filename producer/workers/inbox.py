"""Puts the messages of one provider's threads into the inbox, and fetches missed numbered trades."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from queue import Queue

from producer.live.messages import (
    Channel,
    InboxMessage,
    QuotesReceived,
    SourceFailed,
    TradesComplete,
    TradesMissing,
)
from producer.sources.answers import Received
from producer.sources.provider import Provider
from producer.workers.missed_trades import TradePages
from shared.errors import SourceError, Unanswered, UnknownSymbol
from shared.market.records import Quote
from shared.observability.heartbeat import beat

MESSAGES_WAITING = 32
"""With so many messages in the inbox, each at most a page, no more missed trades are fetched."""
INBOX_SECONDS = 0.02


class InboxWriter:
    """Sends one provider's messages to the inbox; used by its two threads. `now` returns epoch seconds."""

    def __init__(
        self,
        provider: Provider,
        inbox: "Queue[InboxMessage]",
        stop: threading.Event,
        now: Callable[[], float],
    ) -> None:
        self.provider, self.now = provider, now
        self._source, self._inbox, self._stop = provider.name, inbox, stop
        self._trade_ids: dict[str, int] = {}
        self._fetching = threading.Lock()

    def follow(self, name: str, trade_id: int | None) -> None:
        """Add a name, with the last trade in the log if its trades are numbered."""
        # Trades sent when it was followed earlier may not have reached the log.
        self._trade_ids.pop(name, None)
        if self.provider.numbers_trades and trade_id is not None:
            self._trade_ids[name] = trade_id

    def numbered(self, names: Iterable[str]) -> list[str]:
        """The names whose last trade number is known."""
        return [name for name in names if name in self._trade_ids]

    def skipping(self, quotes: Iterable[Quote]) -> set[str]:
        """The names with missing trades before or among these, whose numbers must increase by one."""
        last: dict[str, int] = {}
        skipping = set()
        for quote in quotes:
            if quote.trade_id is not None:
                before = last.get(quote.symbol, self._trade_ids.get(quote.symbol, quote.trade_id))
                last[quote.symbol] = max(before, quote.trade_id)
                skipping |= {quote.symbol} if quote.trade_id > before + 1 else set()
        return skipping

    def send(self, received: Received, contact: float, asked: tuple[str, ...] = ()) -> None:
        """Send quotes, then update the trade numbers: trades that another thread finds after them are queued later."""
        self._inbox.put(QuotesReceived(self._source, received, contact, asked))
        for quote in received.quotes:
            if quote.trade_id is not None:
                self._trade_ids[quote.symbol] = max(quote.trade_id, self._trade_ids.get(quote.symbol, 0))

    def fell_behind(self, names: Iterable[str], by: Channel) -> None:
        """Report that the newest trades of these names are missing."""
        self._inbox.put(TradesMissing(self._source, tuple(names), by, None))

    def lost(self, error: SourceError, is_stream: bool, pause: float) -> None:
        """Report that the stream or a poll failed, and is retried after `pause` seconds."""
        now = self.now()
        self._inbox.put(SourceFailed(self._source, error, is_stream, now, now + pause))

    def failed(self, name: str, error: SourceError, by: Channel, pause: float) -> None:
        """Report a failed request for a name: for that name only if the error is Unanswered, else for the source."""
        if isinstance(error, Unanswered):
            self._inbox.put(TradesMissing(self._source, (name,), by, error))
        else:
            self.lost(error, False, pause)

    @property
    def may_fetch(self) -> bool:
        """Whether the inbox has room and no other thread is fetching."""
        return self._has_room and not self._fetching.locked()

    @property
    def _has_room(self) -> bool:
        return self._inbox.qsize() < MESSAGES_WAITING

    def fetch_some(self, names: Iterable[str], pages: TradePages) -> dict[str, bool | SourceError]:
        """Fetch a page for each name: whether it was the last one, or the error; empty while another thread fetches."""
        if not self._fetching.acquire(blocking=False):
            return {}
        try:
            return {name: self._fetched(name, pages) for name in names if not self._stop.is_set()}
        finally:
            self._fetching.release()

    def _fetched(self, name: str, pages: TradePages) -> bool | SourceError:
        try:
            return self._fetch(name, pages, "stream")
        except SourceError as error:
            return error

    def catch_up(self, names: Iterable[str], seconds: float) -> dict[str, SourceError]:
        """Fetch all trades after the last known one, a page of each name in turn; returns the names that failed.

        After so many seconds the rest is left to the next call. Raises SourceError if it concerns the provider.
        """
        waiting, pages, failed = deque(names), TradePages(self.provider), dict[str, SourceError]()
        until = time.monotonic() + seconds
        with self._fetching:
            while waiting and self._waits_for_room():
                name = waiting.popleft()
                try:
                    is_whole = self._fetch(name, pages, "poll")
                except Unanswered as error:
                    failed[name] = error
                else:
                    waiting += [] if is_whole or time.monotonic() > until else [name]
        return failed

    def _waits_for_room(self) -> bool:
        """Wait until there is room; returns False if stopped."""
        while not self._has_room and not self._stop.wait(INBOX_SECONDS):
            beat()
        return not self._stop.is_set()

    def _fetch(self, name: str, pages: TradePages, by: Channel) -> bool:
        """Fetch and send a page of missing trades; returns whether it was the last one. Raises SourceError."""
        at, last = self.now(), self._trade_ids.get(name)
        if last is None:
            return True
        try:
            page = pages.next(name, last)
        except UnknownSymbol:
            self.send(Received([]), contact=0.0, asked=(name,))
            return True
        if page.quotes:
            self.send(Received(page.quotes), contact=0.0)
        if page.is_last:
            self._inbox.put(TradesComplete(self._source, (name,), at, by))
        return page.is_last
