"""The thread that fetches a provider's history, one symbol after the other."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from queue import Empty, Queue

from producer.live.words import Actions, Past, PastDelayed, PastEnded, Wish, Word
from producer.sources.provider import HistorySlice, Provider
from shared.errors import Refused, SourceError, UnknownSymbol
from shared.market import CorporateAction

PAUSE_SECONDS = 2.0
PATIENCE_SECONDS = 60.0
"""How long quotes wait for the history of a gap while the provider gives none."""

log = logging.getLogger("tickstream.producer")


class Historian:
    """One provider's history; parts and ends go to `inbox`."""

    def __init__(self, provider: Provider, inbox: "Queue[Word]") -> None:
        self._provider, self._inbox = provider, inbox
        self._wishes: Queue[Wish] = Queue()
        self._stop = threading.Event()
        self._failing_since: float | None = None
        self._thread = threading.Thread(target=self._work, name=f"{provider.name} history", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wish(self, wish: Wish) -> None:
        """Fetch this when it is its turn."""
        self._wishes.put(wish)

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for the end, at most so long: a request under way is left to its own time limit."""
        self._thread.join(seconds)

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
        """Fetch one history. What fails is tried again when the others had their turn.

        Quotes wait for it: once nothing was to be had for a while, every gap is given up. A whole past can't come later
        than quotes, so it is waited for.
        """
        asked_at = time.time()
        try:
            self._fetch(wish, asked_at)
        except (UnknownSymbol, Refused) as error:
            self._inbox.put(PastEnded(wish, error, asked_at))
        except SourceError as error:
            self._failing_since = self._failing_since or time.monotonic()
            left = self._failing_since + PATIENCE_SECONDS - time.monotonic()
            if wish.after is not None and left <= 0:
                self._inbox.put(PastEnded(wish, error, asked_at))
                return
            self._inbox.put(PastDelayed(wish, error))
            self._wishes.put(wish)
            self._stop.wait(min(max(PAUSE_SECONDS, error.retry_after or 0.0), max(left, PAUSE_SECONDS)))
        else:
            self._failing_since = None
            self._inbox.put(PastEnded(wish, None, asked_at))

    def _fetch(self, wish: Wish, asked_at: float) -> None:
        for part in self._parts(wish, asked_at):
            if self._stop.is_set():
                return
            self._inbox.put(Past(wish, part))

    def _parts(self, wish: Wish, asked_at: float) -> Iterator[HistorySlice]:
        after = None if wish.after is None else datetime.fromtimestamp(wish.after, UTC)
        return self._provider.history(wish.name, after, datetime.fromtimestamp(asked_at, UTC))
