"""What a rule reads again at each close."""

import pytest

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS, OWN_FUNCTIONS
from analytics.alerts.language.reading import read_rule
from analytics.alerts.rule_cost import MOST_BARS, WEIGHTS, bars_read
from analytics.indicators.catalog import DEFAULTS


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("rsi(5000) < 30 and ema(5000) > macd(12, 26, 9)", 0),
        ("sma(50) crosses above sma(200)", 250),
        ("sma(50) > 1 and sma(50)[1] < 1 clear sma(50) > 2", 50),
        ("bollinger(20, 2).lower > 1 or bollinger(20, 2).upper < 1", 2 * 22),
        ("close > highest(high, 20)[1] and low < highest(high, 20)", 80),
        ("close crosses above highest(high, 20)", 80),
        ("highest(sma(50), 20) > 1", 90),
        ("change(500) > 1 and drawdown(5000) > 1", 0),
    ],
)
def test_periods_count_as_often_as_they_are_read(text: str, bars: int) -> None:
    assert bars_read(read_rule(text, DEFAULTS)) == bars


def test_every_function_of_the_language_has_a_weight_and_every_weight_a_function() -> None:
    assert OWN_FUNCTIONS.keys() - WEIGHTS.keys() == set()
    assert WEIGHTS.keys() - OWN_FUNCTIONS.keys() - INDICATOR_FUNCTIONS.keys() == set()


def test_the_longest_usual_rules_can_be_armed_and_many_long_windows_can_not() -> None:
    usual = read_rule("sma(200) crosses above sma(5000) and close > highest(high, 252)[1]", DEFAULTS)
    assert bars_read(usual) <= MOST_BARS
    many = " or ".join(f"cci({5_000 - place}) > 100" for place in range(30))
    assert bars_read(read_rule(many, DEFAULTS)) > 50 * MOST_BARS
