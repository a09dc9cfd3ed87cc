"""Intervals use whole bars: their highs, lows, gaps and volumes, of the past only."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.forecasting.forecast_events import ForecastStep, PastBar
from analytics.forecasting.forecasts import NoSearches, Pools, SeriesForecasts
from ml.models.features import Observation
from shared.calendars.calendars import AlwaysOpen
from shared.market.records import Bar
from tests.inputs.forecast_minutes import BRISK, OPEN


def bars_of(seed: int, count: int, first: int = 0, price: float = 100.0) -> list[Bar]:
    """Minutes with gaps, wicks and volumes; the first has number `first`."""
    chance, found = Random(seed), list[Bar]()
    for number in range(first, first + count):
        opens = price * (1 + chance.gauss(0, 0.0003))
        price = opens * (1 + chance.gauss(0, 0.001))
        high = max(opens, price) * (1 + abs(chance.gauss(0, 0.0005)))
        low = min(opens, price) / (1 + abs(chance.gauss(0, 0.0005)))
        start, volume = OPEN + 60 * number, chance.choice((0.0, chance.lognormvariate(8, 1)))
        found.append(
            Bar("A", "1m", start, start + 60, opens, high, low, price, volume, None, 9, "regular", "x")
        )
    return found


def followed(bars: list[Bar], series: SeriesForecasts, pools: Pools) -> list[ForecastStep]:
    return [series.advance(bar, pools, NoSearches()) for bar in bars]


def new_series() -> SeriesForecasts:
    return SeriesForecasts("A", "1m", BRISK, AlwaysOpen())


def sigmas_of(step: ForecastStep) -> list[float]:
    return [forecast.sigma for forecast in step.made[0].forecasts]


def divided(bar: Bar, ratio: float) -> Bar:
    return bar._replace(
        open=bar.open / ratio,
        high=bar.high / ratio,
        low=bar.low / ratio,
        close=bar.close / ratio,
        volume=bar.volume * ratio,
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(1, 60))
def test_no_interval_depends_on_bars_after_it_was_made(seed: int, common: int) -> None:
    past = bars_of(seed, common)
    one, other = (
        followed([*past, *bars_of(later, 40, common)], new_series(), {}) for later in (1_000, 2_000)
    )
    assert one[:common] == other[:common]
    assert one[common:] != other[common:]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 99), st.integers(0, 80))
def test_a_restored_series_goes_on_bit_for_bit(seed: int, cut: int) -> None:
    bars, pools, series = bars_of(seed, 80), Pools(), new_series()
    whole = followed(bars, new_series(), {})
    found = followed(bars[:cut], series, pools)
    restored = new_series()
    restored.restore(json.loads(json.dumps(series.state())))
    assert [*found, *followed(bars[cut:], restored, pools)] == whole


def test_a_split_changes_no_sigma() -> None:
    bars, series, pools = bars_of(3, 80), new_series(), Pools()
    plain = followed(bars, new_series(), {})
    found = followed(bars[:50], series, pools)
    series.split(4.0)
    found += followed([divided(bar, 4.0) for bar in bars[50:]], series, pools)
    for one, other in zip(plain[30:], found[30:], strict=True):
        assert sigmas_of(other) == pytest.approx(sigmas_of(one), rel=1e-9)


def test_bars_without_forecasts_give_the_volatility_that_following_them_gives() -> None:
    bars, series = bars_of(4, 80), new_series()
    past = [
        PastBar(bar.end, bar.open, Observation(bar.close, bar.high, bar.low, bar.volume)) for bar in bars[:60]
    ]
    series.refill(past)
    found = followed(bars[60:], series, {})
    plain = followed(bars, new_series(), {})
    assert [sigmas_of(step) for step in found] == [sigmas_of(step) for step in plain[60:]]


def test_a_past_bar_is_divided_by_a_split_as_a_whole() -> None:
    past = PastBar(60, 8.0, Observation(9.0, 10.0, 7.0, 100.0)).split(2.0)
    assert past == PastBar(60, 4.0, Observation(4.5, 5.0, 3.5, 200.0))
