"""The running providers, each with its threads, from its first symbol to the end of the run."""

import time
from collections.abc import Callable, Mapping
from queue import Queue

from producer.live.clocks import Clocks
from producer.live.messages import HistoryRequest, InboxMessage
from producer.live.quality.health import SourceHealth
from producer.sources.provider import Provider
from producer.workers.history_worker import HistoryWorker
from producer.workers.quote_receiver import QuoteReceiver
from shared.errors import Unavailable
from shared.market.listings import Listing

CLOSE_SECONDS = 1.0

MakeProvider = Callable[[str], Provider]


class ProvidersAtWork:
    """Their messages go to `inbox`; `health` holds the status of each, updated by the thread that reads the inbox."""

    def __init__(
        self, make_provider: MakeProvider, inbox: "Queue[InboxMessage]", poll_interval: float
    ) -> None:
        self.health: dict[str, SourceHealth] = {}
        self._make_provider, self._inbox, self._poll_interval = make_provider, inbox, poll_interval
        self._providers: dict[str, Provider] = {}
        self._receivers: dict[str, QuoteReceiver] = {}
        self._history_workers: dict[str, HistoryWorker] = {}

    def open(self, source: str) -> None:
        """Start a provider at its first symbol. Raises ConfigError if its key is missing."""
        if source in self._providers:
            return
        provider = self._make_provider(source)
        self.health[source] = SourceHealth(provider.streams)
        self._receivers[source] = QuoteReceiver(
            provider, self._inbox, self._poll_interval, provider.clock.now
        )
        self._history_workers[source] = HistoryWorker(provider, self._inbox, provider.clock)
        self._receivers[source].start()
        self._history_workers[source].start()
        self._providers[source] = provider

    def clocks(self) -> Clocks:
        """The comparison of the providers' clocks with this machine's."""
        measured = {name: each.clock for name, each in self._providers.items() if each.clock.is_measured}
        return Clocks({name: clock.offset for name, clock in measured.items()})

    @property
    def correction(self) -> float:
        """The largest positive correction of received times in the last minute, in seconds."""
        return max((each.clock.correction for each in self._providers.values()), default=0.0)

    def provider(self, source: str) -> Provider:
        """A running provider. Raises Unavailable if none of its symbols is followed yet."""
        if source not in self._providers:
            raise Unavailable(f"{source} has not started yet")
        return self._providers[source]

    def follow(self, trade_ids: Mapping[Listing, int | None]) -> None:
        """Set the followed listings, each with the last trade in the log if trades are numbered."""
        for source, receiver in self._receivers.items():
            ids = {listing.name: number for listing, number in trade_ids.items() if listing.source == source}
            receiver.follow(tuple(ids), {name: number for name, number in ids.items() if number is not None})

    def expect_quotes(self, sources: set[str]) -> None:
        """Set the sources from which quotes are expected, so that their silence is an error."""
        for source, receiver in self._receivers.items():
            receiver.expects_quotes = source in sources

    def request(self, source: str, request: HistoryRequest) -> None:
        """Request a history."""
        self._history_workers[source].request(request)

    def cancel(self, source: str, request: HistoryRequest) -> None:
        """Cancel a history request."""
        self._history_workers[source].cancel(request)

    def close(self) -> None:
        """Stop all threads; a pending request ends by its own time limit."""
        workers: list[QuoteReceiver | HistoryWorker] = [
            *self._receivers.values(),
            *self._history_workers.values(),
        ]
        for worker in workers:
            worker.stop()
        until = time.monotonic() + CLOSE_SECONDS
        for worker in workers:
            worker.join(max(0.0, until - time.monotonic()))
