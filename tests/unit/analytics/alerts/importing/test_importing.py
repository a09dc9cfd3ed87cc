"""What an import says beside the rule: differences, and every part without a counterpart."""

import pytest

from analytics.alerts.importing.imported import Dialect, ImportingError, dialect_of, imported
from analytics.indicators.catalog import DEFAULTS
from shared.market.records import Interval


def faults(
    text: str, dialect: Dialect | None = None, interval: Interval | None = None
) -> list[tuple[int, int, str]]:
    with pytest.raises(ImportingError) as refused:
        imported(text, dialect, interval, DEFAULTS)
    return [(fault.line, fault.column, fault.fault) for fault in refused.value.faults]


def test_every_part_without_a_counterpart_is_named_at_its_place() -> None:
    found = faults("[type = stock]\nand [close > 10]\nand [SCTR > weekly close]")
    assert [(line, column) for line, column, _ in found] == [(1, 2), (3, 6), (3, 13)]


def test_the_place_of_a_fault_is_that_in_the_script() -> None:
    assert faults(
        "//@version=5\nfast = ta.sma(close, 9) // fast\nbuy = fast > ta.hma(close, 9)\nalertcondition(buy)"
    ) == [(3, 14, "ta.hma has no counterpart in rules: the averages of rules are sma and ema")]


def test_what_the_condition_does_not_read_is_not_looked_at() -> None:
    script = (
        "color = close > open ? 1 : 2\ntrend = ta.hma(close, 9)\nplot(trend)\nalertcondition(close > open)"
    )
    assert imported(script, None, None, DEFAULTS).text == "close > open on 1m"


def test_a_rule_says_once_what_it_means_otherwise() -> None:
    differences = imported(
        "ta.rsi(close, 14) > 50 and ta.rsi(close, 9) != 50", "pine", None, DEFAULTS
    ).differences
    assert [difference.split()[:3] for difference in differences] == [
        ["A", "rule", "fires"],
        ["A", "value", "without"],
        ["A", "script", "is"],
        ["Histories", "that", "begin"],
    ]


def test_the_interval_of_the_chart_can_be_named() -> None:
    assert imported("ta.rsi(close, 14) > 50", None, "1h", DEFAULTS).text == "rsi(14) > 50 on 1h"
    assert faults("[close > 5]", None, "1h") == [(1, 1, "a scan is about days: it becomes a rule on 1d")]


def test_a_condition_on_a_lower_line_keeps_its_continuation() -> None:
    script = "buy = close > open and\n     close > close[1]\nalertcondition(buy)"
    assert imported(script, None, None, DEFAULTS).text == "close > open and close > close[1] on 1m"


def test_a_variable_that_is_assigned_again_has_no_value_before_that_either() -> None:
    """Its value at the bar before is the last one that it had there."""
    script = "x = close\nbuy = x[1] > 5\nx := open\nalertcondition(buy)"
    assert [(line, "assigned again" in fault) for line, _, fault in faults(script)] == [(1, True)]


def test_a_variable_named_like_a_function_is_not_called() -> None:
    script = "cross = close > open\nalertcondition(cross(close, low))"
    assert imported(script, None, None, DEFAULTS).text == "close crosses low on 1m"
    assert "functions of its own" in faults("sma(x, y) => x + y\nalertcondition(sma(close, 5) > 6)")[0][2]


def test_whole_numbers_are_not_divided() -> None:
    assert "cut off" in faults("close > 1 / 2", "pine")[0][2]


def test_a_variable_that_doubles_at_each_line_is_refused() -> None:
    lines = [
        "a0 = close + close",
        *(f"a{place} = a{place - 1} + a{place - 1}" for place in range(1, 200)),
        "a199 > 1",
    ]
    assert "500 parts" in faults("\n".join(lines), "pine")[0][2]


@pytest.mark.parametrize(
    ("text", "dialect", "reason"),
    [
        ("close > " + "+".join(["close"] * 1_500), "pine", "parts are nested or joined"),
        ("[close > " + "+".join(["close"] * 300) + "]", "stockcharts", "parts are nested or joined"),
        ("not " * 300 + "(close > 1)", "pine", "parts are nested or joined"),
        ("not " * 300 + "[close > 1]", "stockcharts", "parts are nested or joined"),
        ("(" * 70 + "close", "pine", "parentheses are open here"),
        ("[" * 70, "stockcharts", "parentheses are open here"),
    ],
)
def test_a_text_that_is_nested_too_deeply_is_refused(text: str, dialect: Dialect, reason: str) -> None:
    ((_, _, fault),) = faults(text, dialect)
    assert reason in fault


def test_a_long_text_is_refused() -> None:
    assert "at most 2000 characters" in faults("[close > 1]" + " " * 2_000)[0][2]
    assert "at most 10000 characters" in faults("ta.obv" + " " * 10_000)[0][2]


def test_languages_are_recognized() -> None:
    assert dialect_of("// a scan\n[close > 10]") == "stockcharts"
    assert dialect_of("[m, s, h] = ta.macd(close, 12, 26, 9)\nm > s") == "pine"
    assert dialect_of("buy = close > open") == "pine"
    assert "--from" in faults("rsi(14) < 30")[0][2]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("\ufeff//@version=5\r\nbuy = close\u00a0> open\r\nalertcondition(buy)\r\n", "close > open on 1m"),
        ("\ufeffta.rsi(close,\u202f14) > 50\u200b", "rsi(14) > 50 on 1m"),
        ("\u00a0[SMA(50)\u00a0x\u00a0SMA(200)]\u2060", "sma(50) crosses above sma(200) on 1d"),
    ],
)
def test_spaces_of_a_page_are_spaces(text: str, rule: str) -> None:
    assert imported(text, None, None, DEFAULTS).text == rule
