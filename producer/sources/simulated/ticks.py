"""The quotes of a simulated minute, generated so that they match the minute's bar exactly.

The first quote is the open, the last the close; a rising minute has its low before its high, a falling one after; the
others are interpolated between them with noise. Sizes are whole shares, at least one, and sum to the volume. Arrays
have one row per minute and one column per quote; columns beyond a row's number of quotes are undefined.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from producer.sources.simulated.chance import Floats, Ints, bits, part, stream, uniform
from producer.sources.simulated.minutes import SimulatedMinutes
from producer.sources.simulated.places import QUOTES_END

QUOTES_A_MINUTE = 2**24
"""Places of the stream reserved for the quotes of one minute; more than there can be."""

SPREAD = 0.00008


class Ticks(NamedTuple):
    """`after` is in microseconds since the minute's start, increasing; prices are in cents; `volume` is cumulative."""

    after: Ints
    price: Ints
    size: Ints
    volume: Ints
    bid: Ints
    ask: Ints


def ticks(seed: int, symbol: str, minute: int, bars: SimulatedMinutes) -> Ticks:
    """The quotes of the minutes from `minute` (since 1970) on; `bars` has one value per minute."""
    bars = SimulatedMinutes(*(values[:, None] for values in bars))
    places = (minute + np.arange(len(bars.quotes)))[:, None] * QUOTES_A_MINUTE + np.arange(bars.quotes.max())
    number = np.broadcast_to(np.arange(bars.quotes.max()), places.shape)
    prices, times, amounts = (bits(stream(seed, symbol, name), places) for name in ("price", "time", "size"))
    price = _prices(bars, number, uniform(prices[:, :1]), part(prices[:, 1:2], 0), uniform(prices))
    spread = np.maximum(np.rint(SPREAD * price), 1).astype(np.int64)
    sold = amounts & np.uint64(1) == 0
    volume = _volumes(bars, number, uniform(amounts))
    return Ticks(
        after=_times(bars, number, uniform(times)),
        price=price,
        size=np.diff(volume, axis=1, prepend=0),
        volume=volume,
        bid=np.where(sold, price, price - spread),
        ask=np.where(sold, price + spread, price),
    )


def _prices(bars: SimulatedMinutes, number: Ints, where: Floats, then: Floats, chance: Floats) -> Ints:
    """Open, an extreme at column `first`, the other at `second`, and close, connected by lines with noise."""
    last = bars.quotes - 1
    first = 1 + (where * (last - 2)).astype(np.int64)
    second = first + 1 + (then * (last - 1 - first)).astype(np.int64)
    rising = bars.close >= bars.open
    early, late = np.where(rising, bars.low, bars.high), np.where(rising, bars.high, bars.low)
    path = np.select(
        [number <= first, number <= second],
        [
            bars.open + (early - bars.open) * (number / first),
            early + (late - early) * ((number - first) / (second - first)),
        ],
        late + (bars.close - late) * ((number - second) / np.maximum(last - second, 1)),
    )
    between = (number != 0) & (number != first) & (number != second) & (number != last)
    path += np.where(between, (chance - 0.5) * 0.4 * (bars.high - bars.low), 0.0)
    prices: Ints = np.clip(np.rint(path), bars.low, bars.high).astype(np.int64)
    return prices


def _times(bars: SimulatedMinutes, number: Ints, chance: Floats) -> Ints:
    """Irregular times like those of trades, but never two in the same microsecond."""
    moments = (chance * (QUOTES_END - bars.quotes)).astype(np.int64)
    moments = np.where(number < bars.quotes, moments, QUOTES_END)
    return np.sort(moments, axis=1) + number


def _volumes(bars: SimulatedMinutes, number: Ints, chance: Floats) -> Ints:
    """The cumulative volume after each quote."""
    weights = np.where(number < bars.quotes, 0.05 + chance**3, 0.0)
    shares = weights.cumsum(axis=1)
    shares /= shares[:, -1:]
    split: NDArray[np.float64] = np.floor((bars.volume - bars.quotes) * shares)
    return split.astype(np.int64) + number + 1
