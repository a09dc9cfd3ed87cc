"""Numbered trades that were missed: fetched a page at a time, each name in its turn, and passed on as they come.

So hours of absence take no more memory than some pages, a name with a million trades holds up no other, and a stop
comes between two pages.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from producer.sources.answers import Received
from producer.sources.provider import Provider
from shared.market.records import Quote

PAGE_TRADES = 1_000
WAITING_QUOTES = 1_000
"""Of a name's newest frames so many wait for the trades before them; older ones are fetched with these."""


class Page(NamedTuple):
    """Trades in order; `is_last` says that the provider has no more for now."""

    quotes: list[Quote]
    is_last: bool


class Pages:
    """The pages of every name that is being fetched. One thread's own."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._open: dict[str, tuple[int, Iterator[Quote]]] = {}

    def next(self, name: str, last: int) -> Page:
        """The next page behind the trade `last`. Raises SourceError: the next call asks anew."""
        reached, trades = self._open.pop(name, (None, iter(())))
        if reached != last:
            trades = self._provider.trades_after(name, last)
        taken = list(islice(trades, PAGE_TRADES))
        quotes = [quote for quote in taken if number_of(quote) > last]
        is_last = len(taken) < PAGE_TRADES
        if not is_last:
            self._open[name] = max(map(number_of, taken)), trades
        return Page(quotes, is_last)


class Behind:
    """The names of which a stream misses trades before its next frame, and the newest frames that wait for them."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._next_try: dict[str, float] = {}
        self._waiting: dict[str, deque[Quote]] = {}

    def due(self, now: float) -> list[str]:
        """The names that may be asked for now."""
        return [name for name in sorted(self.names) if self._next_try.get(name, 0.0) <= now]

    def try_again(self, name: str, at: float) -> None:
        """Not before this time."""
        self._next_try[name] = at

    def keep(self, received: Received) -> Received:
        """What need not wait; the rest is kept."""
        if not self.names:
            return received
        for quote in received.quotes:
            if quote.symbol in self.names:
                self._waiting.setdefault(quote.symbol, deque(maxlen=WAITING_QUOTES)).append(quote)
        return received._replace(
            quotes=[quote for quote in received.quotes if quote.symbol not in self.names]
        )

    def caught_up(self, name: str) -> list[Quote]:
        """Nothing is missing any more before these, which have waited."""
        self.names.discard(name)
        self._next_try.pop(name, None)
        return list(self._waiting.pop(name, ()))

    def forget(self, names: Iterable[str]) -> None:
        """These are not wanted any more."""
        for name in set(names) & self.names:
            self.caught_up(name)


def number_of(quote: Quote) -> int:
    """The trade's number, -1 where it has none."""
    return quote.trade_id if quote.trade_id is not None else -1
