"""Closes of several symbols side by side. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shared.calendars.calendars import SessionCalendar

Numbers = NDArray[np.float64]


class Close(NamedTuple):
    """The close of a bar, in the shares of that time; `start` in epoch seconds."""

    start: int
    close: float


class SplitAt(NamedTuple):
    """One share became `ratio` shares at `time`, in epoch seconds."""

    time: float
    ratio: float


class CloseTable(NamedTuple):
    """A row of closes for each symbol and a column for each time or date that any of them has; NaN where there is none.

    `keys` are the columns in order: starts of bars in epoch seconds, or day numbers of dates.
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


def date_number(start: int, calendar: SessionCalendar) -> int:
    """The trading day of a daily bar, as a day number: bars of one trading day belong together.

    It is the date on which the bar ends, in the zone of its exchange: futures begin on the evening before.
    """
    day = calendar.at(start)
    last = day.day_end - 1 if day.day_start == start else start
    return datetime.fromtimestamp(last, calendar.zone).date().toordinal()


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
