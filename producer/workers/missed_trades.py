"""Fetches missed numbered trades page by page, in turn for each name.

So an outage of hours needs no more memory than a few pages, a name with a million trades does not delay others, and a
stop takes effect between two pages.
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
"""Number of a name's newest quotes that wait for the trades before them; older ones are fetched again."""


class Page(NamedTuple):
    """Trades in order; `is_last` is set if the provider has no more for now."""

    quotes: list[Quote]
    is_last: bool


class TradePages:
    """The open page iterators by name. Not thread-safe."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self._open: dict[str, tuple[int, Iterator[Quote]]] = {}

    def next(self, name: str, last: int) -> Page:
        """The next page after the trade `last`. Raises SourceError; the next call then sends a new request."""
        reached, trades = self._open.pop(name, (None, iter(())))
        if reached != last:
            trades = self._provider.trades_after(name, last)
        taken = list(islice(trades, PAGE_TRADES))
        quotes = [quote for quote in taken if number_of(quote) > last]
        is_last = len(taken) < PAGE_TRADES
        if not is_last:
            self._open[name] = max(map(number_of, taken)), trades
        return Page(quotes, is_last)


class IncompleteNames:
    """The names for which a stream missed trades, and their newest quotes, which wait for the missing ones."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self._next_try: dict[str, float] = {}
        self._waiting: dict[str, deque[Quote]] = {}

    def due(self, now: float) -> list[str]:
        """The names that may be requested now."""
        return [name for name in sorted(self.names) if self._next_try.get(name, 0.0) <= now]

    def try_again(self, name: str, at: float) -> None:
        """Set the earliest time of the next request."""
        self._next_try[name] = at

    def keep(self, received: Received) -> Received:
        """Keep the quotes of names with missing trades; returns the others."""
        if not self.names:
            return received
        for quote in received.quotes:
            if quote.symbol in self.names:
                self._waiting.setdefault(quote.symbol, deque(maxlen=WAITING_QUOTES)).append(quote)
        return received._replace(
            quotes=[quote for quote in received.quotes if quote.symbol not in self.names]
        )

    def caught_up(self, name: str) -> list[Quote]:
        """Note that no trades of a name are missing; returns its waiting quotes."""
        self.names.discard(name)
        self._next_try.pop(name, None)
        return list(self._waiting.pop(name, ()))

    def forget(self, names: Iterable[str]) -> None:
        """Drop names that are no longer followed."""
        for name in set(names) & self.names:
            self.caught_up(name)


def number_of(quote: Quote) -> int:
    """The trade's number, -1 if it has none."""
    return quote.trade_id if quote.trade_id is not None else -1
