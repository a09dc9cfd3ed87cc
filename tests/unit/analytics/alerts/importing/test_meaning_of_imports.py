"""An imported rule fires at the bars at which the original's own definition becomes true."""

from collections.abc import Callable

import pytest

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.importing.imported import imported
from analytics.indicators.catalog import DEFAULTS
from tests.inputs.random_bars import random_bars
from tests.inputs.records import context
from tests.oracles import naive_scripts as naive
from tests.oracles.naive_scripts import Column, Truths

BARS = random_bars(600)
OPEN, HIGH, LOW, CLOSE, VOLUME = (
    [getattr(bar, name) for bar in BARS] for name in ("open", "high", "low", "close", "volume")
)
MACD, SIGNAL = naive.macd(CLOSE)
K = naive.sma(naive.stochastic(HIGH, LOW, CLOSE, 14), 3)


def at(number: float) -> Column:
    return naive.level(number, CLOSE)


def times(factor: float, column: Column) -> Column:
    return [None if value is None else factor * value for value in column]


def percent_change(column: Column, bars: int) -> Column:
    pairs = zip(column, naive.before(column, bars), strict=True)
    return [None if new is None or not old else (new / old - 1) * 100 for new, old in pairs]


CASES: dict[str, Callable[[], Truths]] = {
    "ta.crossover(ta.rsi(close, 14), 50)": lambda: naive.crossover(naive.rsi(CLOSE, 14), at(50.0)),
    "ta.crossunder(close, ta.ema(close, 20))": lambda: naive.crossover(naive.ema(CLOSE, 20), CLOSE),
    "[m, s, h] = ta.macd(close, 12, 26, 9)\nta.crossover(m, s)": lambda: naive.crossover(MACD, SIGNAL),
    "[m, u, l] = ta.bb(close, 20, 2)\nclose < l": lambda: naive.above(naive.lower_band(CLOSE, 20, 2), CLOSE),
    "k = ta.sma(ta.stoch(close, high, low, 14), 3)\nta.crossover(k, ta.sma(k, 3)) and k < 50": lambda: (
        naive.both(naive.crossover(K, naive.sma(K, 3)), naive.above(at(50.0), K))
    ),
    "close > ta.highest(20)[1]": lambda: naive.above(CLOSE, naive.before(naive.windows(HIGH, 20, max))),
    "ta.rising(close, 3)": lambda: naive.both(
        naive.above(CLOSE, naive.before(CLOSE)),
        naive.both(naive.above(CLOSE, naive.before(CLOSE, 2)), naive.above(CLOSE, naive.before(CLOSE, 3))),
    ),
    "ta.change(close) > 1.5": lambda: naive.above(naive.difference(CLOSE, naive.before(CLOSE)), at(1.5)),
    "[SMA(5,close) x SMA(20,close)]": lambda: naive.crossover(naive.sma(CLOSE, 5), naive.sma(CLOSE, 20)),
    "[close > 5 days ago close * 1.05]": lambda: naive.above(CLOSE, times(1.05, naive.before(CLOSE, 5))),
    "[PctChange(3,close) > 2]": lambda: naive.above(percent_change(CLOSE, 3), at(2.0)),
    "[volume > SMA(20,volume) * 1.5]": lambda: naive.above(VOLUME, times(1.5, naive.sma(VOLUME, 20))),
    "[low < yesterday's min(20,low)]": lambda: naive.above(naive.before(naive.windows(LOW, 20, min)), LOW),
    "[30 > RSI(14)] and [close > open]": lambda: naive.both(
        naive.above(at(30.0), naive.rsi(CLOSE, 14)), naive.above(CLOSE, OPEN)
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_an_imported_rule_fires_where_the_original_becomes_true(text: str) -> None:
    rule = imported(text, None, None, DEFAULTS).rule
    rules = SeriesRules({1: ArmedRule(1, 1, rule)}, "AAPL", context())
    fired = [place for place, bar in enumerate(BARS) if rules.fired(bar)]
    assert fired == naive.becomes_true(CASES[text]())
    assert fired
