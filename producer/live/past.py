"""The thread that fetches a provider's history, one symbol after the other."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Empty, Queue
from typing import NamedTuple

from producer.live.words import Actions, Past, PastDelayed, PastEnded, Word
from producer.sources.provider import HistorySlice, Provider
from shared.errors import Refused, SourceError, UnknownSymbol
from shared.market import CorporateAction

TRIES = 5
LONGEST_PAUSE = 60.0

log = logging.getLogger("tickstream.producer")


class Wish(NamedTuple):
    """History of `name`, which we call `symbol`, behind `after` (epoch seconds; None for all there is).

    `actions_only` looks for splits and dividends alone; when that fails it is left to the next time.
    """

    symbol: str
    name: str
    after: float | None
    actions_only: bool = False


class Historian:
    """One provider's history; parts and ends go to `inbox`. What fails is tried again with growing pauses."""

    def __init__(self, provider: Provider, inbox: "Queue[Word]") -> None:
        self._provider, self._inbox = provider, inbox
        self._wishes: Queue[Wish] = Queue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=f"{provider.name} history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Fetch this when it is its turn."""
        self._wishes.put(wish)

    def close(self) -> None:
        """Stop; a request under way is left to its own time limit."""
        self._stop.set()
        self._thread.join(timeout=2.0)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                wish = self._wishes.get(timeout=0.25)
            except Empty:
                continue
            if wish.actions_only:
                self._look_for_actions(wish)
            else:
                self._fulfil(wish)

    def _look_for_actions(self, wish: Wish) -> None:
        try:
            parts = self._parts(wish, time.time())
            found = [
                record for part in parts for record in part.records if isinstance(record, CorporateAction)
            ]
        except SourceError as error:
            log.debug("no splits or dividends of %s now: %s", wish.symbol, error)
        else:
            self._inbox.put(Actions(wish.symbol, found))

    def _fulfil(self, wish: Wish) -> None:
        """Fetch one history. A gap is given up after some failures; a whole past can't come later: it is waited for."""
        tries = 0
        while not self._stop.is_set():
            asked_at = time.time()
            try:
                self._fetch(wish, asked_at)
            except (UnknownSymbol, Refused) as error:
                self._inbox.put(PastEnded(wish.symbol, error, asked_at))
                return
            except SourceError as error:
                tries += 1
                if wish.after is not None and tries >= TRIES:
                    self._inbox.put(PastEnded(wish.symbol, error, asked_at))
                    return
                self._inbox.put(PastDelayed(wish.symbol, error))
                self._stop.wait(max(min(LONGEST_PAUSE, 2.0 ** min(tries, 6)), error.retry_after or 0.0))
            else:
                self._inbox.put(PastEnded(wish.symbol, None, asked_at))
                return

    def _fetch(self, wish: Wish, asked_at: float) -> None:
        for part in self._parts(wish, asked_at):
            if self._stop.is_set():
                return
            self._inbox.put(Past(wish.symbol, part))

    def _parts(self, wish: Wish, asked_at: float) -> Iterator[HistorySlice]:
        after = None if wish.after is None else datetime.fromtimestamp(wish.after, UTC)
        return self._provider.history(wish.name, after, datetime.fromtimestamp(asked_at, UTC))
