"""Closes of several symbols side by side. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.market.records import Interval
from shared.market.splits import SplitAt

DAY = 86_400
LONG_DAY = 20 * 3600
"""A day bar that is longer is no session of shares: it reaches from one midnight or evening to the next."""
INTO_SESSION, INTO_LONG_DAY = 4 * 3600, 13 * 3600
"""So many seconds after its start the date in UTC is that of a day bar, wherever its exchange is: in New Zealand, where
sessions begin on the evening before in UTC, and for futures, whose day begins on the evening before in any time."""

Numbers = NDArray[np.float64]


class Close(NamedTuple):
    """The close of a bar, adjusted for no later split; `start` in epoch seconds."""

    start: int
    close: float


class CloseTable(NamedTuple):
    """A row of closes for each symbol and a column for each time or date that any of them has; NaN where there is none.

    `keys` are the columns in order, as `bar_time` gives them.
    """

    symbols: Sequence[str]
    keys: Sequence[int]
    closes: Numbers


def in_new_shares(closes: Iterable[Close], splits: Sequence[SplitAt]) -> list[Close]:
    """Closes from before each split divided by its ratio, so that a return over it is that of the holder."""
    found = list(closes)
    for time, ratio in splits:
        found = [
            Close(start, close / ratio) if start < time else Close(start, close) for start, close in found
        ]
    return found


def bar_time(interval: Interval, start: int, end: int) -> int:
    """The time that bars of several symbols have in common, in epoch seconds: the start of an intraday bar; of a daily
    bar midnight UTC of the date of its exchange."""
    if interval != "1d":
        return start
    within = start + (INTO_LONG_DAY if end - start > LONG_DAY else INTO_SESSION)
    return within - within % DAY


def earliest_start(interval: Interval, time: int) -> int:
    """The earliest start of a bar whose `bar_time` is `time` or later."""
    return time - INTO_LONG_DAY if interval == "1d" else time


def earliest_time(interval: Interval, start: int) -> int:
    """The earliest `bar_time` of bars that start at `start` or later."""
    return start - start % DAY if interval == "1d" else start


def side_by_side(closes: Mapping[str, Mapping[int, float]]) -> CloseTable:
    """The closes of each symbol by key, as a table."""
    symbols = sorted(closes)
    keys = sorted(set().union(*(closes[symbol] for symbol in symbols)) if symbols else [])
    places = {key: place for place, key in enumerate(keys)}
    table = np.full((len(symbols), len(keys)), np.nan)
    for row, symbol in enumerate(symbols):
        for key, close in closes[symbol].items():
            table[row, places[key]] = close
    return CloseTable(symbols, keys, table)
