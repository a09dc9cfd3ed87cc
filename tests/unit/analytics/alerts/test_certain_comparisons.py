"""Comparisons that can never be true, or always are, are reported with the reason; all others are not."""

import pytest

from analytics.alerts.certain_comparisons import certain_comparisons
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS


def reported(text: str) -> list[str]:
    return certain_comparisons(read_rule(text, DEFAULTS))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "change(1d) < -5",
            "change(1d) < -5 can never be true while prices are above zero: change(1d) is at least -1; five percent"
            " are 5% or 0.05.",
        ),
        ("rsi(14) > 100", "rsi(14) > 100 can never be true: rsi(14) is from 0 to 100."),
        ("100 < rsi(14)", "100 < rsi(14) can never be true: rsi(14) is from 0 to 100."),
        ("rsi(14) >= 0", "rsi(14) >= 0 is always true: rsi(14) is from 0 to 100."),
        ("rsi(14) != 200", "rsi(14) != 200 is always true: rsi(14) is from 0 to 100."),
        ("not rsi(14)[2] == 50 * 3", "rsi(14)[2] == 50 * 3 can never be true: rsi(14)[2] is from 0 to 100."),
        (
            "rsi(14) crosses above 100",
            "rsi(14) crosses above 100 can never be true: rsi(14) is from 0 to 100.",
        ),
        ("rsi(14) crosses below 0", "rsi(14) crosses below 0 can never be true: rsi(14) is from 0 to 100."),
        ("volume between -2 and -1", "volume between -2 and -1 can never be true: volume is at least 0."),
        (
            "sentiment(1d) < -60",
            "sentiment(1d, 12h) < -60 can never be true: sentiment(1d, 12h) is from -1 to 1.",
        ),
        (
            "abs(open - close) < 0",
            "abs(open - close) < 0 can never be true: abs(open - close) is at least 0.",
        ),
        (
            "-drawdown(20d) < -10",
            "-drawdown(20d) < -10 can never be true while prices are above zero: -drawdown(20d) is from -1 to 0; five"
            " percent are 5% or 0.05.",
        ),
        (
            "max(rsi(14), 30) < 20",
            "max(rsi(14), 30) < 20 can never be true: max(rsi(14), 30) is from 30 to 100.",
        ),
    ],
)
def test_a_comparison_that_is_certain_is_reported(text: str, sentence: str) -> None:
    assert reported(text) == [sentence]


@pytest.mark.parametrize(
    "text",
    [
        *("change(1d) < -5%", "change(1d) > 5", "rsi(14) >= 100", "rsi(14) crosses above 0", "close < -5"),
        *("drawdown(20d) >= 1", "macd().histogram < -500", "rsi(14) - 200 > 0", "volume > 1 / 0"),
        *("rsi(14) crosses 100", "anomaly()", "no data 5m", "roc(10) < -5", "session_drawdown() < -5"),
        *("rsi(14) between 90 and 110", "min(rsi(14), 200) > 90", "SPY.close > close"),
    ],
)
def test_a_comparison_that_depends_on_values_is_not_reported(text: str) -> None:
    assert reported(text) == []


def test_each_comparison_is_reported_once_also_where_the_rule_is_cleared() -> None:
    assert len(reported("rsi(14) > 101 or rsi(14) > 101 clear adx(14) < 0")) == 2
