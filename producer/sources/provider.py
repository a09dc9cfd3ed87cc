"""What a provider of live data offers. A new one is a file beside this one and a line in `registry.py`.

A provider knows its own wire formats and nothing of Kafka, tables or other providers. It is asked for symbols by
the names it gives them itself, and every record it makes carries that name; `position` is 0: the order in the log is
not its affair.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from producer.sources.answers import Company, HistorySlice, Received
from producer.transport.provider_clock import ProviderClock
from shared.market.records import Quote


class QuoteStream(Protocol):
    """One open connection that brings quotes by itself."""

    def follow(self, names: Sequence[str]) -> None:
        """Ask for exactly these from now on. Raises SourceDown."""

    def receive(self, seconds: float) -> Received:
        """What came, after a wait of at most `seconds`; `alive` is False where not even a ping did.

        Raises SourceDown where the connection is gone.
        """

    def close(self) -> None:
        """Close at once, whatever state the connection is in; never raises."""


class Provider(Protocol):
    """One source of live data. Every method may be called from any thread and waits for its own request limit.

    All raise SourceDown, Throttled, Refused or UnknownSymbol, as shared.errors says what each means. Unanswered says
    that one question alone fails: what concerns one symbol costs no other one anything.
    `silent_after` is how many seconds without a single frame, in an open market, say that a stream is dead.
    `clock` tells the time, by the provider's own clock where that of this machine was found to be wrong.
    `poll_seconds` is how often `poll` is worth asking; None where nothing can be polled.
    """

    name: str
    streams: bool
    has_history: bool
    numbers_trades: bool
    silent_after: float
    clock: ProviderClock
    poll_seconds: float | None

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Open a stream of these."""

    def poll(self, names: Sequence[str]) -> Received:
        """The latest quote of each, in as few requests as there can be; what is unknown is left out.

        Names that fail by themselves are in `failed`; raises Unanswered where no name was answered.
        """

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """Finished bars that start later than `after` (all there is for None) and ended by `now`, and the actions
        among them; in time order over all slices, longer bars before shorter ones that start with them.
        """

    def company(self, name: str) -> Company:
        """What is known of it. Raises UnknownSymbol with the reason."""

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:
        """Every trade behind this one that the provider still has, in order; none where it numbers no trades.

        It asks for them page by page, as they are taken: they may be more than fit into memory.
        """
