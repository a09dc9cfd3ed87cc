"""The provider, implementing the interface in producer/sources/provider.py."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from threading import Event

from producer.sources.answers import Company, HistorySlice, Received
from producer.sources.provider import QuoteStream
from producer.sources.yahoo.charts.history import history
from producer.sources.yahoo.company import company
from producer.sources.yahoo.quotes import SOURCE, SYMBOLS_A_REQUEST, read, rows
from producer.sources.yahoo.session import YahooSession
from producer.transport.provider_clock import ProviderClock
from shared.errors import SourceError, Unanswered
from shared.market.records import Quote
from shared.settings.provider_settings import Providers

POLL_SECONDS = 5.0


class Yahoo:
    """The provider. `clock` returns the time, for received times; `stop` ends its waits."""

    name = SOURCE
    streams = True
    has_history = True
    numbers_trades = False
    poll_seconds: float | None = POLL_SECONDS

    def __init__(self, providers: Providers, clock: ProviderClock, stop: Event) -> None:
        self.silent_after = providers.stream_silence
        self._stream_url = providers.yahoo_stream_url
        self.clock = clock
        self._session = YahooSession(providers, stop, self.clock)

    def connect(self, names: Sequence[str]) -> QuoteStream:
        """Open a stream of these names."""
        # It imports yfinance, which is slow and which no other feed needs.
        from producer.sources.yahoo.stream import open_stream

        return open_stream(self._stream_url, names, self.clock, self.clock.traded)

    def poll(self, names: Sequence[str]) -> Received:
        """The newest price of each name, in the regular session or in extended hours."""
        wanted = list(dict.fromkeys(names))
        quotes: list[Quote] = []
        refused, named, closed = 0, frozenset[str](), frozenset[str]()
        delays: dict[str, float] = {}
        failed: dict[str, SourceError] = {}
        for first in range(0, len(wanted), SYMBOLS_A_REQUEST):
            some = wanted[first : first + SYMBOLS_A_REQUEST]
            try:
                received = read(rows(self._session, some), some, self.clock())
            except Unanswered as error:
                failed |= dict.fromkeys(some, error)
                continue
            quotes += received.quotes
            refused += received.refused
            named |= received.named
            closed |= received.closed
            delays |= received.delays
        return Received(
            quotes, refused, delays=delays, named=named, failed=failed, closed=closed
        ).unless_all_failed(wanted)

    def history(self, name: str, after: datetime | None, now: datetime) -> Iterator[HistorySlice]:
        """See Provider.history; splits and dividends of the day of `after` are included, possibly again."""
        return history(self._session, name, after, now)

    def company(self, name: str) -> Company:
        """See Provider.company."""
        return company(self._session, name)

    def trades_after(self, name: str, trade_id: int) -> Iterator[Quote]:  # noqa: ARG002 (a contract's arguments)
        """Empty: Yahoo does not number trades."""
        return iter(())
