"""The interface of providers of live data. To add one, add a module here and a line in `registry.py`.

A provider knows only its own wire formats, not Kafka, tables or other providers. Its methods take the provider's own
names of symbols, and its records contain those names; `position` is 0, because the order in the log is assigned later.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from producer.sources.answers import Company, HistorySlice, Received
from producer.transport.provider_clock import ProviderClock
from shared.market.records import Quote


class QuoteStream(Protocol):
    """An open connection over which the provider sends quotes."""

    def follow(self, names: Sequence[str]) -> None:
        """Subscribe to exactly these names from now on. Raises SourceDown."""

    def receive(self, seconds: float) -> Received:
        """The quotes received within at most `seconds`. Raises SourceDown if the connection is lost."""

    def close(self) -> None:
        """Close at once, in any state of the connection; never raises."""


class Provider(Protocol):
    """A source of live data. All methods are thread-safe and wait for the provider's request limit.

    All raise SourceDown, Throttled, Refused or UnknownSymbol, defined in shared.errors. Unanswered means that only one
    request fails, so that a problem with one symbol does not affect others.
    `silent_after` is the number of seconds without any frame, in an open market, after which a stream counts as dead.
    `clock` provides the time, by the provider's clock if this machine's was found to be wrong.
    `poll_seconds` is the useful interval of `poll`; None if the provider can't be polled.
    """

    name: str
    streams: bool
    has_history: bool
    numbers_trades: bool
    silent_after: float
    clock: ProviderClock
    poll_seconds: float | None

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Open a stream of these names."""

    def poll(self, names: Sequence[str]) -> Received:
        """The latest quote of each name, in as few requests as possible; unknown names are omitted.

        Names whose requests failed are in `failed`; raises Unanswered if all failed.
        """

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """Finished bars that start after `after` (None for all) and ended by `now`, with corporate actions, in time
        order over all slices; longer bars precede shorter ones with the same start.
        """

    def company(self, name: str) -> Company:
        """The company data of a symbol. Raises UnknownSymbol with the reason."""

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """All available trades after this one, in order; empty if the provider does not number trades.

        Pages are requested as the iterator is consumed, because the trades may exceed the memory.
        """
