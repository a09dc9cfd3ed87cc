"""Bars that indicators are checked with: random ones of several kinds, always the same. Pure."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from shared.market.records import Bar

MINUTE, DAY = 60, 86_400
FIRST_OPENING = 1_704_205_800
"""2024-01-02 14:30 UTC, an opening in New York."""
BARS_A_SESSION = 45
"""Sessions are short, so that few bars show several of them."""


class MadeMarket(NamedTuple):
    """A kind of market: its first price, the size of a step in shares of the price, and the distance of two prices.
    One bar of `still` has neither movement nor volume; 0: none has."""

    price: float
    step: float
    tick: float
    still: int


KINDS = (
    MadeMarket(price=100.0, step=0.002, tick=0.01, still=11),
    MadeMarket(price=1e-05, step=0.2, tick=1e-09, still=4),
    MadeMarket(price=65_000.0, step=0.0003, tick=0.01, still=0),
    MadeMarket(price=3.0, step=0.0, tick=0.01, still=1),
)
"""A share; a coin that is worth almost nothing and moves wildly; a large price with small steps; a price that never
moves."""


def random_bars(kind: MadeMarket, count: int, seed: int) -> Iterator[Bar]:
    """Minutes of sessions on successive days, with some minutes missing."""
    chance, price, start = Random(seed), kind.price, FIRST_OPENING  # noqa: S311
    for number in range(count):
        is_still = kind.still > 0 and number % kind.still == 0
        bar = _bar(chance, kind, price, start, is_still)
        yield bar
        price = bar.close
        start += MINUTE * chance.choice((1, 1, 1, 2))
        if (number + 1) % BARS_A_SESSION == 0:
            start = start - (start - FIRST_OPENING) % DAY + DAY


def _bar(chance: Random, kind: MadeMarket, price: float, start: int, is_still: bool) -> Bar:
    prices = [price] * 4 if is_still else [_moved(chance, kind, price) for _ in range(4)]
    low, *middle, high = sorted(prices)
    chance.shuffle(middle)
    volume = 0.0 if is_still else float(chance.randrange(1, 1_000_000))
    vwap = None if is_still or chance.random() < 0.3 else (low + high) / 2.0
    kept = ("regular", "checking")
    return Bar("CHECK", "1m", start, start + MINUTE, middle[0], high, low, middle[1], volume, vwap, 4, *kept)


def _moved(chance: Random, kind: MadeMarket, price: float) -> float:
    """The next price, a multiple of the tick."""
    return max(1, round(price * (1.0 + chance.uniform(-kind.step, kind.step)) / kind.tick)) * kind.tick
