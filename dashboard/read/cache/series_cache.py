"""Caches results that many viewers request and that rarely change."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

from dashboard.read.cache.least_recently_used import LruDict
from dashboard.read.rows import SeriesKey

Answer = TypeVar("Answer")
MAX_ANSWERS = 64
"""The number of series in a cache; the least recently used one is evicted."""


class SeriesCache(Generic[Answer]):
    """One cached answer per symbol and interval. Thread-safe; callers wait while an answer that they request is
    created, never for that of another series."""

    def __init__(self) -> None:
        self._answers: LruDict[SeriesKey, tuple[Hashable, Future[Answer]]] = LruDict(MAX_ANSWERS)
        self._lock = Lock()

    def get(self, key: SeriesKey, state: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer for `state`; `make` creates it if none is cached or the cached one has another state.

        An error of `make` is raised for everyone who waits, and is not cached.
        """
        with self._lock:
            found = self._answers.use(key)
            is_new = found is None or found[0] != state
            if found is None or is_new:
                found = self._answers[key] = (state, Future())
        if is_new:
            self._create(key, found[1], make)
        return found[1].result()

    def _create(self, key: SeriesKey, answer: Future[Answer], make: Callable[[], Answer]) -> None:
        try:
            answer.set_result(make())
        except BaseException as error:
            with self._lock:
                cached = self._answers.get(key)
                if cached is not None and cached[1] is answer:
                    del self._answers[key]
            answer.set_exception(error)
            raise
