"""A dictionary of bounded size."""

from collections import OrderedDict
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class LruDict(OrderedDict[Key, Value]):
    """At most `limit` entries: a new one takes the place of the least recently used. Writing and `use` count as use."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > self._limit:
            self.popitem(last=False)

    def use(self, key: Key) -> Value | None:
        """The value, which counts as used now; None where there is none."""
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]
