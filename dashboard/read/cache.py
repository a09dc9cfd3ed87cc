"""Caches results that many viewers request and that rarely change."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from dashboard.read.least_recently_used import LruDict
from dashboard.read.rows import SeriesKey

Answer = TypeVar("Answer")
MAX_ANSWERS = 64
"""The number of series in a cache; the least recently used one is evicted."""


class SeriesCache(Generic[Answer]):
    """One cached answer per symbol and interval. Thread-safe; callers wait while an answer is created."""

    def __init__(self) -> None:
        self._answers: LruDict[SeriesKey, tuple[Hashable, Answer]] = LruDict(MAX_ANSWERS)
        self._lock = Lock()

    def get(self, key: SeriesKey, state: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer for `state`; `make` creates it if none is cached or the cached one has another state."""
        with self._lock:
            found = self._answers.get(key)
            if found is None or found[0] != state:
                found = (state, make())
            self._answers[key] = found
            return found[1]
