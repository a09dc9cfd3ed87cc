"""The same market folded by whichever Python runs this: `python -m tests.unit.fold_digest` prints a hash of it all."""

import hashlib
from collections.abc import Iterator
from random import Random

from analytics.engine import Engine
from analytics.symbol_state import EngineSettings
from ml.forecaster import ForecastSettings
from shared.market import Record
from tests.unit.quick_search import QuickSearches
from tests.unit.records import folded, kept, quote, second, split

OPENS = second("2024-01-03T14:30")
BRISK = ForecastSettings(min_observations=25, steps=3, window=40, search_every=30, search_lag=4)
QUOTES_A_MINUTE = 5
MINUTES = 390


def market() -> Iterator[Record]:
    """A session of two symbols, with a split and bursts of volume; numbers have many digits, so that sums round."""
    chance, prices = Random(7), {"A": 101.3, "B": 0.00012345}
    for number in range(MINUTES * QUOTES_A_MINUTE):
        time = OPENS + number * 60 / QUOTES_A_MINUTE
        if number == 1_000:
            yield split(time - 1, 3.0, "A")
            prices["A"] /= 3.0
        for symbol in prices:
            prices[symbol] *= 1.0 + chance.uniform(-0.001, 0.001)
            burst = 20.0 if number // QUOTES_A_MINUTE % 60 < 5 else 1.0
            yield quote(time, prices[symbol], symbol, burst * chance.uniform(0.1, 1e6))


def digest() -> str:
    """A hash of everything that closes and of the state behind it."""
    searches = QuickSearches()
    engine = Engine(EngineSettings(forecasts={"1m": BRISK, "5m": BRISK}), searches)
    events = folded(engine, market())
    assert len(searches.taken) > 3, "models that were searched for take part"
    rules = {alert.rule for event in events for alert in event.closed.alerts}
    assert "volume_change" in rules, "means of volumes take part"
    return hashlib.sha256(repr(events).encode() + kept(engine)).hexdigest()


if __name__ == "__main__":
    print(digest())
