"""One market folded with the running Python: `python -m tests.unit.fold_digest` prints a hash of the result."""

import hashlib
from collections.abc import Iterator
from random import Random

from msgspec.structs import replace

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Record
from tests.inputs.forecast_minutes import BRISK
from tests.inputs.records import folded, kept, quote, second, split
from tests.unit.quick_search import QuickSearches

DAYS = [second(f"2024-01-{day:02}T14:30") for day in (3, 4, 5, 8, 9, 10, 11, 12)]
QUOTES_A_DAY = 200
GAP_SECONDS = 20


def market() -> Iterator[Record]:
    """The first hour of some sessions of two symbols, with a split; the last one opens with a burst of volume. Numbers
    have many digits, so that sums round."""
    chance, prices = Random(7), {"A": 101.3, "B": 0.00012345}
    for day, opens in enumerate(DAYS):
        if day == 4:
            yield split(opens - 3_600, 3.0, "A")
            prices["A"] /= 3.0
        for number in range(QUOTES_A_DAY):
            for symbol in prices:
                prices[symbol] *= 1.0 + chance.uniform(-0.001, 0.001)
                burst = 20.0 if opens == DAYS[-1] else 1.0
                time = opens + GAP_SECONDS * number
                made = quote(time, prices[symbol], symbol, burst * chance.uniform(0.1, 1e6))
                yield replace(made, bid=made.price * 0.999, ask=made.price * (1.0 + number % 7 / 1000))


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
