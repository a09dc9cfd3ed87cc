"""Searches for models in a process of their own, as the engine asks for them."""

from itertools import count
from threading import Event

from analytics.forecasts import Search
from ml.search import Outcome
from ml.search_pool import DIED, Key, SearchPool
from shared.errors import Unavailable

WAIT_SECONDS = 0.2
"""So long the loop does not look whether it is to stop."""
TRIES = 3
"""So often a search is made whose process dies, which something else than the search may have killed."""


class PooledSearches:
    """A pool with the engine's words. What was asked twice is searched for once, until its result is taken.

    Nothing is waited for once `stop` is set.
    """

    def __init__(self, pool: SearchPool, stop: Event) -> None:
        self._pool, self._stop = pool, stop
        self._keys: dict[Search, Key] = {}
        self._numbers = count()

    def ask(self, search: Search) -> None:
        """Begin, unless it has begun already."""
        if search not in self._keys:
            self._keys[search] = (search.symbol, search.interval, next(self._numbers))
            self._pool.submit(self._keys[search], search.series, search.settings)

    def result(self, search: Search) -> Outcome:
        """The result, waited for. It does not depend on how long that takes, if no search overruns its time.

        Raises Unavailable where the part is to stop meanwhile: the next start asks again.
        """
        for _ in range(TRIES):
            outcome = self._outcome(search)
            if outcome.reason != DIED:
                break
        return outcome

    def _outcome(self, search: Search) -> Outcome:
        self.ask(search)
        key, outcome = self._keys.pop(search), None
        while outcome is None:
            outcome = self._pool.result(key, WAIT_SECONDS)
            if outcome is None and self._stop.is_set():
                raise Unavailable("the part stops amid a search for a model")
        return outcome

    def tend(self) -> None:
        """Let the process begin with the next search, if it is through with one."""
        self._pool.tend()

    def close(self) -> None:
        """End the process; searches under way are lost."""
        self._pool.close()
