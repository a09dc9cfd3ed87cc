"""Problems found in a symbol's data. Pure."""

from typing import NamedTuple

DOUBTFUL, SKIPPED_ROWS = "doubtful", "left out"
"""Kinds of problems of a history, which are never cleared."""


class Finding(NamedTuple):
    """A problem with a symbol's data (`is_raised`), or the end of one."""

    symbol: str
    kind: str
    is_raised: bool
    at: float
    value: float | None = None
    threshold: float | None = None
    detail: str = ""
