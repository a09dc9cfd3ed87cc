"""What is found to be wrong with a symbol's data. Pure."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What is amiss with a symbol's data (`is_raised`), or no longer is."""

    symbol: str
    kind: str
    is_raised: bool
    at: float
    value: float | None = None
    threshold: float | None = None
    detail: str = ""
