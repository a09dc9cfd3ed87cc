"""What is found to be wrong with a symbol's data. Pure."""

from typing import NamedTuple

DOUBTFUL, LEFT_OUT = "doubtful", "left out"
"""Kinds of what is wrong with a history: nothing ever clears them, and each stands for itself."""


class Finding(NamedTuple):
    """What is amiss with a symbol's data (`is_raised`), or no longer is."""

    symbol: str
    kind: str
    is_raised: bool
    at: float
    value: float | None = None
    threshold: float | None = None
    detail: str = ""
