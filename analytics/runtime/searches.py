"""Searches for models in a process of their own, as the engine asks for them."""

from itertools import count
from threading import Event
from typing import Protocol

from analytics.forecasting.forecasts import Search
from ml.arima.search import SearchOutcome
from ml.order_search.search_pool import DIED, Key, SearchPool
from shared.errors import Unavailable
from shared.observability.heartbeat import beat

WAIT_SECONDS = 0.2
"""So long the loop does not look whether it is to stop."""
TRIES = 3
"""So often a search is made whose process dies, which something else than the search may have killed."""

_numbers = count()
"""Of all searches of this process: pools know them by these."""


class OutcomeStore(Protocol):
    """Where outcomes are kept. What is stored first counts."""

    def find(self, search: Search) -> SearchOutcome | None:
        """The stored outcome, None where there is none."""

    def store(self, search: Search, outcome: SearchOutcome) -> SearchOutcome:
        """Store an outcome where there is none yet: the one that counts."""

    def close(self) -> None:
        """Let go of what it stands on."""


class PooledSearches:
    """Searches in a pool that others may use too. What was asked twice is searched for once, until its result is
    taken; what is stored is not searched for at all.

    Nothing is waited for once `stop` is set.
    """

    def __init__(self, pool: SearchPool, stop: Event, outcomes: OutcomeStore) -> None:
        self._pool, self._stop, self._outcomes = pool, stop, outcomes
        self._keys: dict[Search, Key] = {}
        self._found: dict[Search, SearchOutcome] = {}

    def ask(self, search: Search) -> None:
        """Begin, unless it has begun already or was made before."""
        if search in self._keys or search in self._found:
            return
        found = self._outcomes.find(search)
        if found is None:
            self._begin(search)
        else:
            self._found[search] = found

    def result(self, search: Search) -> SearchOutcome:
        """The result, waited for, and stored before anything is made of it. It does not depend on how long that takes.

        Raises Unavailable where the part is to stop meanwhile: the next start asks again.
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
        """Let the process begin with the next search, if it is through with one."""
        self._pool.poll()

    def close(self) -> None:
        """Nothing that was asked for is wanted any more; the pool stays open."""
        for key in self._keys.values():
            self._pool.abandon(key)
        self._keys.clear()
        self._outcomes.close()

    def _begin(self, search: Search) -> None:
        self._keys[search] = (search.symbol, search.interval, next(_numbers))
        self._pool.submit(self._keys[search], search.series, search.settings)

    def _outcome(self, search: Search) -> SearchOutcome:
        if search not in self._keys:
            self._begin(search)
        key, outcome = self._keys.pop(search), None
        while outcome is None:
            beat()
            outcome = self._pool.result(key, WAIT_SECONDS)
            if outcome is None and self._stop.is_set():
                raise Unavailable("the part stops amid a search for a model")
        return outcome
