"""The comparison of realized variance with ranges: what it is made of, and that it is found where it is built in."""

from math import exp, log

import numpy as np
import pytest

from benchmarks.forecasts.intraday import DAY, EndedBar, Market, evaluated_by, longer, rows_of, series_of
from benchmarks.forecasts.opponents import lower_by
from benchmarks.forecasts.realized import (
    PATH,
    RealizedSeries,
    days_of,
    realized_of,
    returns_by_realized,
    simulated_market,
    stochastic_days,
)
from ml.uncertainty.volatility import WARM_AFTER


def minute(end: int, opened: float, close: float) -> EndedBar:
    return EndedBar(end, opened, max(opened, close), min(opened, close), close, 1.0)


def test_realized_variance_is_that_of_the_minutes_of_each_bar_without_the_gap_before_it() -> None:
    minutes = [minute(60, 100.0, 101.0), minute(300, 101.5, 99.0), minute(360, 98.0, 98.5)]
    assert len(list(longer(minutes, 300))) == 2
    expected = [log(101.0 / 100.0) ** 2 + log(99.0 / 101.0) ** 2, log(98.5 / 98.0) ** 2]
    assert list(realized_of(minutes, 300)) == pytest.approx(expected)
    assert list(realized_of([], 300)) == []


def test_days_have_the_prices_of_their_path_and_the_variance_of_five_minutes() -> None:
    path = np.array([[100.0, 100.0, 100.0, 103.0, 100.0, 102.0, 90.0, 101.0, 101.0, 101.0, 101.0]])
    market, realized = days_of("days", {"ACME": path})
    assert market.candles["ACME"][0][1:] == (100.0, 103.0, 90.0, 101.0, 0.0)
    assert realized["ACME"] == pytest.approx([log(102.0 / 100.0) ** 2 + log(101.0 / 102.0) ** 2])


def test_deviations_by_realized_variance_include_the_gap() -> None:
    candles = [minute(DAY, 100.0, 100.0), minute(2 * DAY, 103.0, 104.0)]
    found = returns_by_realized(candles, [0.5, 0.0004])
    assert found.deviations == pytest.approx([(0.0004 + log(1.03) ** 2) ** 0.5])


def test_a_walk_has_the_mean_path_that_realized_variance_is_scaled_to() -> None:
    walk = np.cumsum(np.random.default_rng(2).standard_normal((2_000, 1_600)), axis=1) / 40.0
    paths = 2.0 * (walk.max(axis=1) - walk.min(axis=1)) - np.abs(walk[:, -1])
    # Between its steps a walk goes somewhat further.
    assert paths.mean() == pytest.approx(PATH, rel=0.05)


def test_stochastic_days_are_reproducible_and_their_variance_lasts() -> None:
    days = stochastic_days(3, 400)
    assert (days == stochastic_days(3, 400)).all()
    assert np.isfinite(days).all()
    _, realized = days_of("days", {"ACME": days})
    logs = np.log(realized["ACME"])
    assert np.corrcoef(logs[1:], logs[:-1])[0, 1] > 0.5


def test_sessions_of_the_simulated_market_begin_with_their_opening_price() -> None:
    for _, path in simulated_market(2):
        assert path.shape == (2, 1_201)
        assert (path > 0.0).all()


def test_the_filter_by_realized_variance_ignores_the_range_and_uses_each_variance_once() -> None:
    steady = [minute(DAY * day, 100.0, 100.0 * exp(0.01 * (-1) ** day)) for day in range(1, 60)]
    wide = [bar._replace(high=bar.high * 1.05) for bar in steady]
    found = []
    for candles in (steady, wide):
        market, variances = Market("days", "1d", DAYS.calendar, "M", {"ACME": candles}), [1e-4] * len(candles)
        series = {"ACME": RealizedSeries(market, variances)}
        found.append([each.sigma for each in evaluated_by(series, market, WARM_AFTER)])
    assert found[0] == found[1]
    assert len(found[0]) == len(steady) - 1 - WARM_AFTER


DAYS, VARIANCES = days_of("stochastic", {f"S{seed}": stochastic_days(seed, 500) for seed in range(4)})


def test_realized_variance_is_better_than_the_range_where_volatility_is_stochastic() -> None:
    evaluated = evaluated_by(series_of(DAYS), DAYS)
    realized = {symbol: RealizedSeries(DAYS, VARIANCES[symbol]) for symbol in DAYS.candles}
    ours, by_realized = rows_of(evaluated, DAY), rows_of(evaluated_by(realized, DAYS), DAY)
    assert lower_by(by_realized.scores, ours.scores, ours.days)[0] > 0.0
