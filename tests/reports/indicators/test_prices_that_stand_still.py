"""Indicators of prices that stand still: equal numbers whose mean, or whose ratio, is rounded."""

from collections.abc import Iterator
from itertools import islice
from random import Random

import pytest

from analytics.indicators.catalog import CATALOG
from analytics.indicators.momentum.cci import CCI
from analytics.indicators.momentum.rsi import RSI
from analytics.indicators.momentum.stochastic_rsi import StochasticRSI
from analytics.indicators.spec import Spec
from analytics.indicators.statistics.z_score import ZScore
from analytics.indicators.trend.adx import ADX
from analytics.indicators.volatility.bollinger import Bollinger
from analytics.indicators.volatility.bollinger_position import BollingerPosition
from shared.market.records import Bar
from tests.inputs.records import context, flat_bar, periods

MOVING = 60
LONG_STILL = 12_000
"""Minutes without a trade after which the averages of earlier movements are below the smallest normal number: a week of
a coin that is worth a dollar."""


def walk(seed: int = 1) -> Iterator[Bar]:
    """Minutes of a share that moves."""
    chance, price = Random(seed), 100.0
    while True:
        before, price = price, round(price + chance.uniform(-1.0, 1.0), 2)
        yield flat_bar(price)._replace(open=before, high=max(before, price), low=min(before, price))


def moved_and_still(count: int) -> Iterator[Bar]:
    """Minutes in which a share moves, then so many in which it does not."""
    bars = list(islice(walk(), MOVING))
    yield from bars
    for _ in range(count):
        yield flat_bar(bars[-1].close)


@pytest.mark.parametrize("period", [5, 7, 10, 14, 21, 50, 59])
def test_bands_of_equal_prices_have_no_width_and_no_place_within(period: int) -> None:
    """Reported to Stock.Indicators (#183), ta (#226) and backtrader2 (#88): a price that does not change divides by
    zero. Here the mean of 59 times 399.58 differs from 399.58 in its last digit, and the place was a quarter."""
    chance = Random(period)
    for price in [399.58381778, *(round(chance.uniform(0.001, 500.0), 4) for _ in range(200))]:
        bands, place, score, cci = Bollinger(period), BollingerPosition(period), ZScore(period), CCI(period)
        for _ in range(period - 1):
            for indicator in (bands, place, score, cci):
                assert indicator.update(flat_bar(price)) is None
        assert bands.preview(flat_bar(price)) == bands.update(flat_bar(price)) == (price, price, price)
        assert place.preview(flat_bar(price)) == place.update(flat_bar(price)) == (None, 0.0)
        assert score.update(flat_bar(price)) is None
        assert cci.update(flat_bar(price)) == 0.0


def test_stochastic_rsi_of_a_price_that_stands_still_is_in_the_middle() -> None:
    """Reported to trading-signals (#378) and jhTAlib (#85): the RSI of a price that stands still moves by its rounding
    alone, and the place in it was anything from 0 to 100."""
    indicator = StochasticRSI(14, 3, 3)
    found = [indicator.update(bar) for bar in moved_and_still(200)]
    assert len({value for value in found[:MOVING] if value}) > 20
    assert set(found[-150:]) == {(50.0, 50.0)}


def test_stochastic_rsi_is_in_the_middle_of_a_rise_without_a_fall() -> None:
    """Reported to profit-trailer (#2086): an RSI that stays at 100 was shown as 0."""
    indicator = StochasticRSI(14, 3, 3)
    found = [indicator.update(flat_bar(round(100 + 0.01 * number, 2))) for number in range(60)]
    assert found[-1] == (50.0, 50.0)


def test_rsi_of_a_price_that_stands_still_stays_and_ends_in_the_middle() -> None:
    """Reported to ta4j (#1116): strong without movement."""
    indicator = RSI(14)
    found = [indicator.update(bar) for bar in moved_and_still(LONG_STILL)]
    last_move, later, end = found[MOVING - 1], found[MOVING + 5_000], found[-1]
    assert last_move is not None
    assert later == pytest.approx(last_move, abs=1e-9)
    assert end == 50.0
    assert {value for value in found[MOVING:] if value is not None and abs(value - last_move) > 1e-6} == {
        50.0
    }


def test_directions_of_a_price_that_stands_still_never_exceed_those_it_had() -> None:
    """Reported to ta4j (#254) and Tulip (#9): ADX of minutes without a trade is no number. Here both directions rose to
    100 after some days, when the averages had faded away."""
    indicator = ADX(14)
    found = [indicator.update(bar) for bar in moved_and_still(LONG_STILL)]
    assert found[MOVING - 1] is not None
    _, plus, minus = found[MOVING - 1] or (None, 0.0, 0.0)
    later = [value for value in found[MOVING:] if value is not None]
    assert max(value[1] for value in later) == pytest.approx(plus, abs=1e-6)
    assert max(value[2] for value in later) == pytest.approx(minus, abs=1e-6)
    assert later[-1][1:] == (0.0, 0.0)
    assert later[-1][0] == pytest.approx(0.0, abs=1e-6)


def test_directions_fade_to_none_while_a_price_goes_to_and_fro_in_the_same_range() -> None:
    """A pegged coin: every minute has the same high and low."""
    indicator = ADX(14)
    for bar in islice(walk(), MOVING):
        indicator.update(bar)
    swing = flat_bar(100.0)._replace(high=100.01, low=99.99)
    found = [indicator.update(swing) for _ in range(LONG_STILL)]
    assert found[-1] is not None
    assert max(found[-1][1:]) == pytest.approx(0.0, abs=1e-9)
    assert found[-1][0] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_no_indicator_of_a_long_pause_exceeds_what_it_was(spec: Spec) -> None:
    """Every indicator of the catalog over minutes without a trade: what it is at the end is finite, absent, or within
    what it has been."""
    indicator = spec.make(periods(), context())
    seen: list[list[float]] = [[] for _ in spec.outputs]
    for number, bar in enumerate(moved_and_still(LONG_STILL)):
        value = indicator.update(bar)
        values = value if isinstance(value, tuple) else (value,) * len(seen)
        for place, each in enumerate(values):
            if each is not None and (number < MOVING + 200 or number == MOVING + LONG_STILL - 1):
                seen[place].append(each)
    for numbers in seen:
        *before, last = numbers
        assert min([*before, 0.0, 50.0]) - 1e-9 <= last <= max([*before, 0.0, 50.0]) + 1e-9
