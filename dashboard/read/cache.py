"""Answers that many viewers ask for and that seldom change: each is made once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from dashboard.read.rows import SeriesKey

Answer = TypeVar("Answer")
ANSWERS_KEPT = 64
"""So many series have an answer; the one nobody has asked for longest makes room."""


class Kept(Generic[Answer]):
    """One answer a symbol and interval. May be asked from any thread; who asks while one is made waits for it."""

    def __init__(self) -> None:
        self._answers: OrderedDict[SeriesKey, tuple[Hashable, Answer]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: SeriesKey, state: Hashable, make: Callable[[], Answer]) -> Answer:
        """The answer for `state`: what `make` gives, which is called where the kept answer is of another state."""
        with self._lock:
            found = self._answers.get(key)
            if found is None or found[0] != state:
                found = (state, make())
            self._answers[key] = found
            self._answers.move_to_end(key)
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
            return found[1]
