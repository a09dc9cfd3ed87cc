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


def input_of(series: str) -> Input:
    """The open, high, low, close or volume of each bar."""
    return Input(series, itemgetter(Bar._fields.index(series)), grows_with_shares=series == "volume")


CLOSE = input_of("close")


def _typical_price(bar: Bar) -> float:
    return (bar.high + bar.low + bar.close) / 3.0


TYPICAL = Input("typical", _typical_price)
"""The typical price: the mean of high, low and close."""
