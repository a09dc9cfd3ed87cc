"""The values of indicators of the whole bar by TA-Lib, or by their definition in plain numpy, column by column.

A batch indicator at row i depends on the rows up to i alone, so its column is its value at every prefix.
"""

from typing import NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from shared.market.records import Bar

Column = NDArray[np.float64]


class Prices(NamedTuple):
    """The columns of some bars."""

    open: Column
    high: Column
    low: Column
    close: Column
    volume: Column


def prices_of(bars: list[Bar]) -> Prices:
    return Prices(*(np.array([getattr(bar, name) for bar in bars]) for name in Prices._fields))


def shifted(column: Column, by: int) -> Column:
    """The column some rows later, nan before its first row."""
    return np.concatenate([np.full(by, np.nan), column])[: len(column)]


def windows(column: Column, period: int) -> NDArray[np.float64]:
    """The last `period` values at each row from the first complete one on, one row each."""
    return np.lib.stride_tricks.sliding_window_view(column, period)


def padded(column: Column, rows: int) -> Column:
    return np.concatenate([np.full(rows - len(column), np.nan), column])


def donchian(prices: Prices, period: int) -> list[Column]:
    low, high = talib.MIN(prices.low, period), talib.MAX(prices.high, period)
    return [low, (low + high) / 2, high]


def keltner(prices: Prices, period: int, range_period: int) -> list[Column]:
    middle = talib.EMA(prices.close, period)
    margin = 2 * talib.ATR(prices.high, prices.low, prices.close, range_period)
    return [middle - margin, middle + 0 * margin, middle + margin]


def ichimoku(prices: Prices, conversion: int, base: int, span: int) -> list[Column]:
    fast, slow, long = (donchian(prices, period)[1] for period in (conversion, base, span))
    return [fast, slow, shifted((fast + slow) / 2, base), shifted(long, base)]


def garman_klass(prices: Prices, period: int, periods_per_year: float) -> Column:
    each = 0.5 * np.log(prices.high / prices.low) ** 2
    each -= (2 * np.log(2) - 1) * np.log(prices.close / prices.open) ** 2
    return padded(np.sqrt(windows(each, period).mean(axis=1) * periods_per_year), len(each))


def position(prices: Prices, period: int) -> list[Column]:
    upper, middle, lower = talib.BBANDS(prices.close, period, 2, 2)
    return [(prices.close - lower) / (upper - lower), (upper - lower) / middle]


def regression(prices: Prices, period: int) -> list[Column]:
    steps = np.arange(len(prices.close), dtype=float)
    correlations = [np.corrcoef(np.arange(period), window)[0, 1] for window in windows(prices.close, period)]
    assert len(steps) > period
    return [talib.LINEARREG_SLOPE(prices.close, period), padded(np.array(correlations) ** 2, len(steps))]


def z_score(prices: Prices, period: int) -> Column:
    some = windows(prices.close, period)
    return padded((some[:, -1] - some.mean(axis=1)) / some.std(axis=1), len(prices.close))


def wilder(column: Column, period: int) -> Column:
    """Wilder's mean of a column whose first rows may be nan, seeded with the mean of its first `period` values."""
    first = int(np.isnan(column).sum())
    found = np.full(len(column), np.nan)
    mean = column[first : first + period].mean()
    found[first + period - 1] = mean
    for row in range(first + period, len(column)):
        mean = (mean * (period - 1) + column[row]) / period
        found[row] = mean
    return found


def adx(prices: Prices, period: int) -> list[Column]:
    up, down = np.diff(prices.high), -np.diff(prices.low)
    tie = 1e-12 * prices.high[1:]
    plus = np.where((up - down > tie) & (up > tie), up, 0.0)
    minus = np.where((down - up > tie) & (down > tie), down, 0.0)
    lengths = talib.TRANGE(prices.high, prices.low, prices.close)
    smooth = wilder(lengths, period)
    lines = [100 * wilder(np.concatenate([[np.nan], moves]), period) / smooth for moves in (plus, minus)]
    return [wilder(100 * abs(lines[0] - lines[1]) / (lines[0] + lines[1]), period), *lines]


def supertrend(prices: Prices, period: int, multiple: float) -> list[Column]:
    """The line and its direction, row by row as in TradingView's Pine manual ("ta.supertrend")."""
    margin = multiple * talib.ATR(prices.high, prices.low, prices.close, period)
    lower, upper = (prices.high + prices.low) / 2 - margin, (prices.high + prices.low) / 2 + margin
    line, direction = np.full(len(margin), np.nan), np.full(len(margin), np.nan)
    for row in range(period, len(margin)):
        if row > period and not (lower[row] > lower[row - 1] or prices.close[row - 1] < lower[row - 1]):
            lower[row] = lower[row - 1]
        if row > period and not (upper[row] < upper[row - 1] or prices.close[row - 1] > upper[row - 1]):
            upper[row] = upper[row - 1]
        if row == period:
            direction[row] = -1.0
        elif line[row - 1] == upper[row - 1]:
            direction[row] = 1.0 if prices.close[row] > upper[row] else -1.0
        else:
            direction[row] = -1.0 if prices.close[row] < lower[row] else 1.0
        line[row] = lower[row] if direction[row] > 0 else upper[row]
    return [line, direction]


def drawdowns(prices: Prices, sessions: list[int], days: int) -> list[Column]:
    """Below the high of the session, and below that of the last `days` sessions before and it itself."""
    of_session, of_year = [], []
    for row, session in enumerate(sessions):
        within = [prices.high[other] for other in range(row + 1) if sessions[other] == session]
        year = [prices.high[other] for other in range(row + 1) if session - sessions[other] <= days]
        of_session.append(prices.close[row] / max(within) - 1)
        of_year.append(prices.close[row] / max(year) - 1)
    return [np.array(of_session), np.array(of_year)]
