"""The history before the first live quote: minutes of a session, from a seeded random walk around a slow wave."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from tests.standin.instrument import Instrument

Floats = npt.NDArray[np.float64]
Seconds = npt.NDArray[np.int64]

_WAVES = ((0.08, 97.0), (0.04, 23.0), (0.015, 5.0))
"""Height, as a share of the price, and length in days of the waves a price follows over months."""
_MINUTE = 0.0004
"""Standard deviation of a minute's change, as a share of the price."""


class Bars(NamedTuple):
    """Bars as columns: starts in epoch seconds, prices as they were paid; NaN where nothing traded."""

    start: Seconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Bars":
        """Those rows alone."""
        return made([column[chosen] for column in self])


def made(columns: Sequence[npt.NDArray[Any]]) -> Bars:
    """Bars of the six columns in order."""
    start, first, high, low, last, volume = columns
    return Bars(start, first, high, low, last, volume)


def walked_minutes(instrument: Instrument, seed: int, opens: int, closes: int) -> Bars:
    """The minutes of the session [opens, closes), the same at every call."""
    random = np.random.default_rng([seed, crc32(instrument.name.encode()), opens])
    start = np.arange(opens, closes, 60, dtype=np.int64)
    factor = instrument.split_factor(instrument.trading_date(opens))
    path = _path(instrument, seed, np.append(start, closes), random) * factor
    reach = np.abs(random.normal(0.0, _MINUTE / 2, (2, len(start))))
    first, last = path[:-1], path[1:]
    high, low = np.maximum(first, last) * (1 + reach[0]), np.minimum(first, last) * (1 - reach[1])
    prices = [np.round(column, instrument.decimals) for column in (first, high, low, last)]
    volume = random.exponential(instrument.minute_volume / factor, len(start))
    return _halted(instrument, made([start, *prices, np.round(volume, instrument.size_decimals)]))


def _path(instrument: Instrument, seed: int, moments: Seconds, random: np.random.Generator) -> Floats:
    """Prices at `moments`, in the shares of today: a bridge between the wave's values at both ends."""
    phases = np.random.default_rng([seed, crc32(instrument.name.encode())]).uniform(0, 2 * np.pi, len(_WAVES))
    days = moments / 86_400
    wave = sum(
        height * np.sin(2 * np.pi * days / length + phase)
        for (height, length), phase in zip(_WAVES, phases, strict=True)
    )
    steps = np.append(0.0, np.cumsum(random.normal(0.0, _MINUTE, len(moments) - 1)))
    bridge = steps - steps[-1] * np.linspace(0.0, 1.0, len(moments))
    return np.asarray(instrument.price * np.exp(wave + bridge), dtype=np.float64)


def _halted(instrument: Instrument, bars: Bars) -> Bars:
    """The same bars with nothing traded within the halts."""
    for begins, ends in instrument.halts:
        halted = (bars.start >= begins.timestamp()) & (bars.start < ends.timestamp())
        for column in bars[1:]:
            column[halted] = np.nan
    return bars


def gathered(minutes: Bars, slots: Seconds) -> Bars:
    """The minutes summed up by slot: `slots` holds the start of each minute's own slot, rising."""
    grid = np.unique(slots)
    result = made([grid, *(np.full(len(grid), np.nan) for _ in range(5))])
    traded = ~np.isnan(minutes.close)
    if not traded.any():
        return result
    kept = minutes.where(traded)
    slot, first = np.unique(slots[traded], return_index=True)
    row = np.searchsorted(grid, slot)
    last = np.append(first[1:], len(kept.start)) - 1
    result.open[row], result.close[row] = kept.open[first], kept.close[last]
    result.high[row] = np.maximum.reduceat(kept.high, first)
    result.low[row] = np.minimum.reduceat(kept.low, first)
    result.volume[row] = np.add.reduceat(kept.volume, first)
    return result
