"""The simulated market with many symbols: little memory, and the same numbers as with few."""

import tracemalloc
from datetime import date
from itertools import islice

import numpy as np
import pytest

from producer.sources.simulated.days import Days, SymbolDays, market_days, traits_of
from producer.sources.simulated.history import Listed, SimulatedSpan, bars
from producer.sources.simulated.minutes import MinuteMaker
from shared.market.records import EPOCH

SEED = 7
MARKET = market_days(SEED)
FIRST_DAY = (date(2026, 3, 2) - EPOCH.date()).days
MINUTES = SimulatedSpan("1m", FIRST_DAY, FIRST_DAY + 4)


def days_of(symbol: str) -> SymbolDays:
    return SymbolDays(SEED, symbol, traits_of(SEED, symbol), MARKET)


def listed(count: int) -> list[Listed]:
    names = [f"S{number}" for number in range(count)]
    makers = [MinuteMaker(SEED, name, traits_of(SEED, name), days_of(name), 1.0) for name in names]
    return [
        Listed(name, rank, maker) for rank, (name, maker) in enumerate(zip(names, makers, strict=True), 1)
    ]


def assert_equal(one: Days, other: Days) -> None:
    for values, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(values, same)


@pytest.mark.parametrize("first_day", [14_610, 14_975, 14_976, 20_000, 25_500])
def test_days_are_the_same_in_whichever_order_they_are_requested(first_day: int) -> None:
    before, after = days_of("XYZ"), days_of("XYZ")
    before.of(14_700, 5)
    after.of(25_000, 5)
    assert_equal(before.of(first_day, 40), after.of(first_day, 40))
    singly = [days_of("XYZ").of(day, 1) for day in range(first_day, first_day + 3)]
    assert_equal(Days(*map(np.concatenate, zip(*singly, strict=True))), before.of(first_day, 3))


def test_close_of_a_day_is_the_level_at_which_the_next_one_starts() -> None:
    days = days_of("XYZ").of(20_000, 800)
    np.testing.assert_array_equal(days.close[:-1], days.before[1:])


def test_minutes_of_many_symbols_are_computed_a_day_ahead_only() -> None:
    many = listed(200)
    # The days are computed first: tracing is slow, and they are not what is measured.
    assert next(bars(SEED, many, MINUTES))
    tracemalloc.start()
    next(bars(SEED, many, MINUTES))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6


def test_bars_are_the_same_however_many_symbols_are_computed_together() -> None:
    many = listed(200)
    one = listed(1)
    alone = list(islice(bars(SEED, one, MINUTES), 100))
    together = [bar for bar in islice(bars(SEED, many, MINUTES), 100 * len(many)) if bar.symbol == "S0"]
    assert together == alone


def test_market_without_symbols_has_no_bars() -> None:
    assert list(bars(SEED, [], MINUTES)) == []
