"""Closes to forecast: random walks, some of which remember a little, so that searches find more than one order."""

from math import exp
from random import Random

from ml.features import Observation
from ml.samples import History
from shared.market import Bar

SEED = 7
STEP = 5e-4
"""Deviation of a minute's log return."""
MEMORIES = ((0.0, 0.0), (0.25, 0.0), (0.0, -0.3), (0.5, -0.2), (-0.2, 0.0))
"""What a return keeps of the one before it, and of its surprise."""
HIGHEST_PRICE = 500.0
REACH = 2e-4
"""Of the high and the low beyond open and close, as a share of the price."""
MINUTE = 60
FIRST_START = 1_767_578_400
"""2026-01-05 02:00 UTC, a Monday."""
SOURCE = "benchmark"


def walk(number: int, length: int) -> list[float]:
    """The closes of walk `number`; it is the same at every run, and its kind is the next of MEMORIES."""
    random = Random(SEED * 1_000_003 + number)
    kept, echo = MEMORIES[number % len(MEMORIES)]
    level = moved = surprise = 0.0
    closes = []
    first = 20.0 + (HIGHEST_PRICE - 20.0) * random.random()
    for _ in range(length):
        before, surprise = surprise, random.gauss(0.0, STEP)
        moved = kept * moved + surprise + echo * before
        level += moved
        closes.append(first * exp(level))
    return closes


def bar(symbol: str, number: int, open_: float, close: float) -> Bar:
    """The minute bar of this number, from the close before to its own."""
    start = FIRST_START + MINUTE * number
    high, low = max(open_, close) * (1.0 + REACH), min(open_, close) * (1.0 - REACH)
    volume = 1_000.0 + 37.0 * (number % 29)
    return Bar(
        symbol, "1m", start, start + MINUTE, open_, high, low, close, volume, None, 60, "regular", SOURCE
    )


def history(symbol: str, closes: list[float]) -> History:
    """The same minutes as samples are made of."""
    pairs = zip([closes[0], *closes[:-1]], closes, strict=True)
    bars = [bar(symbol, number, before, close) for number, (before, close) in enumerate(pairs)]
    return History(symbol, [each.end for each in bars], [observed(each) for each in bars], [])


def observed(each: Bar) -> Observation:
    """What models see of a bar."""
    return Observation(each.close, each.high, each.low, each.volume)
