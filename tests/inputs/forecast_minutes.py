"""Minutes whose closes are forecast by brisk settings."""

from random import Random

from analytics.engine.engine_settings import EngineSettings
from ml.arima.forecaster import ForecastSettings
from shared.market.records import Record
from tests.inputs.records import mark, recorded_bar, second

OPEN = second("2024-01-03T15:00")
BRISK = ForecastSettings(min_observations=25, steps=3, window=40, search_every=30, search_lag=4)
MINUTES = EngineSettings(grace=0.0, forecasts={"1m": BRISK})


def minutes(count: int, seed: int = 1, symbols: str = "A") -> list[Record]:
    """A bar a minute of every symbol, each a random walk, and the mark that closes them."""
    chance, prices = Random(seed), dict.fromkeys(symbols, 100.0)
    records: list[Record] = []
    for number in range(count):
        for symbol in symbols:
            price = prices[symbol] = prices[symbol] * (1 + chance.gauss(0, 0.001))
            records.append(recorded_bar(OPEN + 60 * number, "1m", (price,) * 4, 1.0, symbol=symbol))
        records.append(mark(OPEN + 60 * (number + 1)))
    return records
