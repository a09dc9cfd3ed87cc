"""Closes to forecast: random walks, some of which remember a little, so that searches find more than one order."""

from math import exp
from random import Random

from ml.datasets.samples import TrainingHistory
from ml.models.features import Observation
from shared.market.records import Bar

SEED = 7
STEP = 5e-4
"""Deviation of a minute's log return."""
MEMORIES = ((0.0, 0.0), (0.25, 0.0), (0.0, -0.3), (0.5, -0.2), (-0.2, 0.0))
"""What a return keeps of the one before it, and of its surprise."""
HIGHEST_PRICE = 500.0
SYMBOLS, WALKS = 500, 10
"""Symbols of a market and distinct walks, which they share, each at a price of its own."""
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


def history(symbol: str, closes: list[float]) -> TrainingHistory:
    """The same minutes as samples are made of."""
    pairs = zip([closes[0], *closes[:-1]], closes, strict=True)
    bars = [bar(symbol, number, before, close) for number, (before, close) in enumerate(pairs)]
    return TrainingHistory(symbol, [each.end for each in bars], [observed(each) for each in bars], [])


def observed(each: Bar) -> Observation:
    """What models see of a bar."""
    return Observation(each.close, each.high, each.low, each.volume)


def symbol_of(number: int) -> str:
    """The name of a symbol."""
    return f"S{number:05d}"


def walk_of(symbol: str) -> int:
    """The walk that a symbol is on."""
    return int(symbol[1:]) % WALKS


class WalkingMarket:
    """Symbols on their walks, each a few percent apart from the next one on the same."""

    def __init__(self, symbols: int, length: int) -> None:
        self._walks = [walk(number, length) for number in range(WALKS)]
        self.symbols = [symbol_of(number) for number in range(symbols)]

    def closes(self, symbol: str, start: int, end: int) -> list[float]:
        """The closes of these bars."""
        factor = 1.0 + int(symbol[1:]) / SYMBOLS
        return [factor * close for close in self._walks[walk_of(symbol)][start:end]]

    def past(self, symbol: str, bars: int) -> list[tuple[int, Observation]]:
        """When its first bars ended, and what was seen of them."""
        told = history(symbol, self.closes(symbol, 0, bars))
        return list(zip(told.made_at, told.observations, strict=True))

    def bar(self, symbol: str, number: int) -> Bar:
        """The bar of this number, which is not the first."""
        before, close = self.closes(symbol, number - 1, number + 1)
        return bar(symbol, number, before, close)
