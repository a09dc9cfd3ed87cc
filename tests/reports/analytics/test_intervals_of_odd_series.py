"""Prediction intervals of series at which the volatility models of others failed or were wrong."""

from collections.abc import Iterator, Sequence
from math import exp, isfinite, log
from random import Random

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from ml.uncertainty.conformal import Forecast
from tests.inputs.forecast_minutes import BRISK
from tests.inputs.records import folded, recorded_bar, second
from tests.unit.quick_search import QuickSearches

START = second("2024-01-03T00:00")
COUNT = 500
Prices = tuple[float, float, float, float]


def walk(scale: float = 1.0) -> list[Prices]:
    """Minutes of a coin whose returns deviate by a thousandth."""
    chance, price, found = Random(1), 100.0, []
    for _ in range(COUNT):
        before, price = price, price * exp(chance.gauss(0.0, 0.001))
        top, bottom = max(before, price) * 1.0003, min(before, price) / 1.0003
        found.append((before * scale, top * scale, bottom * scale, price * scale))
    return found


def forecasts(bars: Sequence[Prices]) -> Iterator[tuple[Event, Forecast]]:
    """The forecasts of the next close by "no change", with the bars at whose close they were made."""
    engine = Engine(EngineSettings(forecasts={"1m": BRISK}), QuickSearches())
    minutes = [
        recorded_bar(START + 60 * place, "1m", prices, 1.0, "24/7") for place, prices in enumerate(bars)
    ]
    for event in folded(engine, minutes):
        if event.closed.bar.interval == "1m" and event.step is not None and event.step.made:
            yield event, event.step.made[0].forecasts[0]


@pytest.mark.parametrize("growth", [1.0, 1.0001])
def test_price_that_never_moves_or_always_alike_has_intervals(growth: float) -> None:
    """Reported to arch (#331): the fit of a constant series overflowed."""
    prices = [100.0 * growth**place for place in range(COUNT)]
    found = [forecast for _, forecast in forecasts([(price,) * 4 for price in prices])]
    assert len(found) > COUNT - 100
    assert all(isfinite(forecast.sigma) and forecast.sigma > 0.0 for forecast in found)
    assert found[-1].sigma * found[-1].widths[-1] < 0.001


def test_width_is_in_deviations_and_not_in_variances_whatever_the_price() -> None:
    """Reported to statsforecast (#1230): intervals of as many variances were a thousand times too narrow here."""
    bars = walk()
    found, tiny = list(forecasts(bars)), list(forecasts(walk(scale=1e-7)))
    sigmas = [forecast.sigma for _, forecast in found]
    assert sigmas[-1] == pytest.approx(0.001, rel=0.2)
    assert [forecast.sigma for _, forecast in tiny] == pytest.approx(sigmas, rel=1e-6)
    inside = [
        abs(log(bars[place + 1][3] / forecast.mean)) <= forecast.widths[-1] * forecast.sigma
        for place, forecast in (((event.closed.bar.start - START) // 60, each) for event, each in found)
        if place + 1 < COUNT
    ]
    assert 0.9 < inside.count(True) / len(inside) < 1.0


def test_one_wrong_high_widens_no_interval_for_long() -> None:
    """Reported to Polygon (#264): a minute's high was 9 % above the market for one print."""
    bars = walk()
    opened, high, low, close = bars[400]
    bars[400] = opened, high * 1.09, low, close
    spoiled, clean = [[each.sigma for _, each in forecasts(some)] for some in (bars, walk())]
    after = len(clean) - (COUNT - 401)
    assert spoiled[after] < 1.5 * clean[after]
    assert spoiled[after + 30] == pytest.approx(clean[after + 30], rel=0.05)
