"""Closes to forecast: random walks, some of them autocorrelated, so that searches find more than one order."""

from math import exp
from random import Random

from analytics.forecasting.forecast_events import PastBar
from ml.datasets.samples import TrainingHistory
from ml.models.features import Observation
from shared.market.records import Bar

SEED = 7
STEP = 5e-4
"""Standard deviation of the log return of a minute."""
COEFFICIENTS = ((0.0, 0.0), (0.25, 0.0), (0.0, -0.3), (0.5, -0.2), (-0.2, 0.0))
"""Autoregressive and moving average coefficients of the returns."""
HIGHEST_PRICE = 500.0
SYMBOLS, WALKS = 500, 10
"""Number of symbols of a market, and of distinct walks; symbols on one walk have different prices."""
REACH = 2e-4
"""Distance of high and low from open and close, as a fraction of the price."""
MINUTE = 60
FIRST_START = 1_767_578_400
"""2026-01-05 02:00 UTC, a Monday."""
SOURCE = "benchmark"


def walk(number: int, length: int) -> list[float]:
    """The closes of walk `number`, the same in every run, with the coefficients at its place in COEFFICIENTS."""
    random = Random(SEED * 1_000_003 + number)
    kept, echo = COEFFICIENTS[number % len(COEFFICIENTS)]
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
    """The minute bar of this number, which opens at the previous close."""
    start = FIRST_START + MINUTE * number
    high, low = max(open_, close) * (1.0 + REACH), min(open_, close) * (1.0 - REACH)
    volume = 1_000.0 + 37.0 * (number % 29)
    return Bar(
        symbol, "1m", start, start + MINUTE, open_, high, low, close, volume, None, 60, "regular", SOURCE
    )


def history(symbol: str, closes: list[float]) -> TrainingHistory:
    """These minutes as a history for training samples."""
    pairs = zip([closes[0], *closes[:-1]], closes, strict=True)
    bars = [bar(symbol, number, before, close) for number, (before, close) in enumerate(pairs)]
    return TrainingHistory(symbol, [each.end for each in bars], [observed(each) for each in bars], [])


def observed(each: Bar) -> Observation:
    """A bar as models see it."""
    return Observation(each.close, each.high, each.low, each.volume)


def symbol_of(number: int) -> str:
    """The name of a symbol."""
    return f"S{number:05d}"


def walk_of(symbol: str) -> int:
    """The number of the walk of a symbol."""
    return int(symbol[1:]) % WALKS


class WalkingMarket:
    """Symbols on their walks; symbols on one walk differ by a few percent in price."""

    def __init__(self, symbols: int, length: int) -> None:
        self._walks = [walk(number, length) for number in range(WALKS)]
        self.symbols = [symbol_of(number) for number in range(symbols)]

    def closes(self, symbol: str, start: int, end: int) -> list[float]:
        """The closes of these bars."""
        factor = 1.0 + int(symbol[1:]) / SYMBOLS
        return [factor * close for close in self._walks[walk_of(symbol)][start:end]]

    def first_bars(self, symbol: str, bars: int) -> list[PastBar]:
        """Its first bars; each opens at the close before it."""
        closes = self.closes(symbol, 0, bars)
        first = history(symbol, closes)
        opens = [closes[0], *closes[:-1]]
        return list(map(PastBar, first.made_at, opens, first.observations))

    def bar(self, symbol: str, number: int) -> Bar:
        """The bar of this number, which is not the first."""
        before, close = self.closes(symbol, number - 1, number + 1)
        return bar(symbol, number, before, close)
