"""Each indicator of the whole bar, and what an independent oracle gives for the same bars.

    python -m tests.oracles.indicator_cases TABLE.csv...    the largest difference of each in bars of these tables

A table has the columns open, high, low, close and volume. Without one, bars of a random walk are used.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import talib

from analytics.indicators.momentum.cci import CCI
from analytics.indicators.momentum.rate_of_change import RateOfChange
from analytics.indicators.momentum.stochastic import Stochastic
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


def columns_of_case(name: str, bars: list[Bar]) -> tuple[list[list[float]], list[Any]]:
    """The columns of the indicator and those of its oracle, nan where there is no value."""
    make, column = CASES[name]
    ours, expected = columns_of(make(), bars), column(prices_of(bars))
    if name.startswith("stochastic"):  # TA-Lib has no %K before the first %D
        ours[0] = [np.nan if np.isnan(signal) else k for k, signal in zip(*ours, strict=True)]
    return ours, list(expected) if isinstance(expected, list | tuple) else [expected]


def largest_difference(name: str, bars: list[Bar]) -> float:
    """Over all outputs and bars, as a share of the largest value of the output but at least of 1.

    Infinite where only one of both has a value.
    """
    found = 0.0
    for one, other in zip(*columns_of_case(name, bars), strict=True):
        ours, theirs = np.array(one, dtype=float), np.array(other, dtype=float)
        if (np.isnan(ours) != np.isnan(theirs)).any():
            return float("inf")
        found = max(found, float(np.nanmax(np.abs(ours - theirs)) / max(1.0, np.nanmax(np.abs(theirs)))))
    return found


def main() -> None:
    """Print the largest difference of each indicator in each table."""
    tables = {Path(name).stem: bars_of(Path(name)) for name in sys.argv[1:]} or {
        "random walk": random_bars(2_000)
    }
    print(f"{'':24}" + "".join(f"{f'{name} ({len(bars)})':>22}" for name, bars in tables.items()))
    for name in CASES:
        print(f"{name:24}" + "".join(f"{largest_difference(name, bars):22.1e}" for bars in tables.values()))


if __name__ == "__main__":
    main()
