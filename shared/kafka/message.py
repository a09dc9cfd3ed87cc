"""A message of the log as readers return it."""

from collections.abc import Sequence
from typing import Protocol


class Message(Protocol):
    """A message of the log. `timestamp` is when the broker appended it, in epoch milliseconds."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


Headers = list[tuple[str, bytes]]
"""Headers of a message to be written."""
