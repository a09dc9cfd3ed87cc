"""Model searches in a separate process, as requested by the engine."""

from threading import Event
from typing import Protocol

from analytics.forecasting.forecasts import Search
from ml.arima.search import SearchOutcome
from ml.order_search.search_pool import DIED, SearchPool, Ticket
from shared.errors import Unavailable
from shared.observability.heartbeat import beat

WAIT_SECONDS = 0.2
"""Interval between checks for a stop while a result is awaited."""
TRIES = 3
"""Attempts for a search whose process dies; something else than the search may have killed it."""


class OutcomeStore(Protocol):
    """Where outcomes are stored. The first stored outcome of a search is the valid one."""

    def find(self, search: Search) -> SearchOutcome | None:
        """The stored outcome, None if there is none."""

    def store(self, search: Search, outcome: SearchOutcome) -> SearchOutcome:
        """Store an outcome unless there is one already. Returns the valid one."""

    def close(self) -> None:
        """Release its resources."""


class PooledSearches:
    """Searches in a shared pool. A search that is requested again while its result is outstanding runs once; a search
    whose outcome is stored does not run at all.

    It stops waiting once `stop` is set.
    """

    def __init__(self, pool: SearchPool, stop: Event, outcomes: OutcomeStore) -> None:
        self._pool, self._stop, self._outcomes = pool, stop, outcomes
        self._tickets: dict[Search, Ticket] = {}
        self._found: dict[Search, SearchOutcome] = {}

    def ask(self, search: Search) -> None:
        """Start the search, unless it is running or its outcome is stored."""
        if search in self._tickets or search in self._found:
            return
        found = self._outcomes.find(search)
        if found is None:
            self._begin(search)
        else:
            self._found[search] = found

    def result(self, search: Search) -> SearchOutcome:
        """Wait for the result, and store it before it is used. The result does not depend on how long the search takes.

        Raises Unavailable if the part stops meanwhile; the next start requests the search again.
        """
        self.ask(search)
        if search in self._found:
            return self._found.pop(search)
        for _ in range(TRIES):
            outcome = self._outcome(search)
            if outcome.reason != DIED:
                break
        return self._outcomes.store(search, outcome)

    def poll(self) -> None:
        """Let the worker process begin with the next search if it has finished one."""
        self._pool.poll()

    def close(self) -> None:
        """Abandon all outstanding searches; the pool stays open."""
        for ticket in self._tickets.values():
            self._pool.abandon(ticket)
        self._tickets.clear()
        self._outcomes.close()

    def _begin(self, search: Search) -> None:
        self._tickets[search] = self._pool.submit(
            search.symbol, search.interval, search.series, search.settings
        )

    def _outcome(self, search: Search) -> SearchOutcome:
        if search not in self._tickets:
            self._begin(search)
        ticket, outcome = self._tickets.pop(search), None
        while outcome is None:
            beat()
            outcome = self._pool.result(ticket, WAIT_SECONDS)
            if outcome is None and self._stop.is_set():
                raise Unavailable("the part stopped during a model search")
        return outcome
