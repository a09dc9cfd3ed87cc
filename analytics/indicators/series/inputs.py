"""The series that indicators are computed from. Pure."""

from collections.abc import Callable
from operator import itemgetter
from typing import NamedTuple

from shared.market.records import Bar


class Input(NamedTuple):
    """One number of each bar: `read` takes it from the bar.

    `grows_with_shares` is true for a number of shares, which a split multiplies; a price is divided.
    """

    name: str
    read: Callable[[Bar], float]
    grows_with_shares: bool = False

    @property
    def tag(self) -> str:
        """The input's part of an indicator's key; empty for the close, the default."""
        return "" if self.name == "close" else f"{self.name}-"

    def divisor(self, ratio: float) -> float:
        """What earlier values are divided by when one share became `ratio` shares."""
        return 1 / ratio if self.grows_with_shares else ratio


CLOSE = Input("close", itemgetter(Bar._fields.index("close")))
VOLUME = Input("volume", itemgetter(Bar._fields.index("volume")), grows_with_shares=True)
"""The input of an average of volumes, such as SMA(20, VOLUME). No indicator of the catalog has it yet."""


def _typical_price(bar: Bar) -> float:
    return (bar.high + bar.low + bar.close) / 3.0


TYPICAL = Input("typical", _typical_price)
"""The typical price: the mean of high, low and close."""
