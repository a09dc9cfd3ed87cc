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


@pytest.mark.parametrize(
    "script",
    [
        "close > 1 / 2",
        "n = 9\nclose > (n + 1) / 9",
        "n = 10\nm = 9\nx = n / m\nalertcondition(close > x)",
        "close > -10 / 9",
        "//@version=5\nclose > math.max(10, 9) / 9",
        "close > math.abs(-10) / (2 * 3)",
        "n = input.int(10)\nclose > n / 9",
    ],
)
def test_whole_constants_are_not_divided_before_version_6(script: str) -> None:
    assert "cut off" in faults(script, "pine")[0][2]


@pytest.mark.parametrize(
    ("script", "rule"),
    [
        ("//@version=6\nclose > math.max(10, 9) / 9", "close > max(10, 9) / 9 on 1m"),
        ("//@version=5\nclose > 10.0 / 9", "close > 10 / 9 on 1m"),
        ("float n = 10\nclose > n / 9", "close > 10 / 9 on 1m"),
        ("n = input.float(10, step=0.5)\nclose > n / 9", "close > 10 / 9 on 1m"),
        ("n = input(10, type=input.float)\nclose > n / 9", "close > 10 / 9 on 1m"),
        ("close > math.avg(10, 9) / 3", "close > (10 + 9) / 2 / 3 on 1m"),
        ("close / 2 > 5", "close / 2 > 5 on 1m"),
    ],
)
def test_a_quotient_with_its_fraction_is_translated(script: str, rule: str) -> None:
    assert imported(script, "pine", None, DEFAULTS).text == rule


WMA = "ta.wma has no counterpart in rules: the averages of rules are sma and ema"
SECOND = "a second condition: end the script with alertcondition() of one of them"


@pytest.mark.parametrize(
    "condition",
    [
        "ta.wma(close, 9) > close",
        "ta.cross(ta.wma(close, 9), close)",
        "not (close > ta.wma(close, 9))",
        "(ta.wma(close, 9) > close)[1]",
        "close > ta.wma(close, 9) and close > open",
    ],
)
def test_a_condition_that_can_not_be_translated_is_one_of_the_conditions(condition: str) -> None:
    (alone,) = faults(f"a = {condition}", "pine")
    assert alone[2] == WMA
    both = faults(f"a = {condition}\nb = close > open", "pine")
    assert [(line, fault) for line, _, fault in both] == [(1, WMA), (2, SECOND)]


@pytest.mark.parametrize(
    "loose",
    [
        *("f(x) => x + 1\ny = f(close)", "var bool y = false\ny := close > open", "y = time > time[1]"),
        "y = close > open ? true : false",
    ],
)
def test_what_may_be_the_condition_is_named_and_no_other_taken_for_it(loose: str) -> None:
    found = faults(f"{loose}\nbuy = close < open", "pine")
    assert [line for line, _, fault in found if fault == SECOND] == [loose.count("\n") + 2]
    assert len(found) > 1


def test_what_can_be_no_condition_does_not_hide_the_one_there_is() -> None:
    script = """trend = ta.hma(close, 9)
shade = close > open ? color.green : color.red
line1 = plot(close, color=shade)
label = str.tostring(close)
show = input.bool(true, "Show")
tint = color.new(color.red, 50)
float last = f(close)
var count = 0
count := count + 1
[m, u, l] = ta.kc(close, 20, 1.5)
buy = ta.crossover(close, open)
plotshape(buy)"""
    assert imported(script, "pine", None, DEFAULTS).text == "close crosses above open on 1m"


def test_a_script_of_numbers_only_has_no_condition() -> None:
    assert "the script has no condition" in faults("trend = ta.hma(close, 9)\nplot(trend)", "pine")[0][2]


@pytest.mark.parametrize(
    "given",
    [
        'input(title="L", type=input.integer, defval=14)',
        'input(14, "L", input.integer, minval=1, maxval=g, tooltip="a" + b, options=[7, 14])',
        "input(14, type=integer, display=display.none, confirm=true)",
        'input.int(title="L", defval=14, inline="1", group=g, active=show)',
    ],
)
def test_what_an_input_or_an_alert_is_called_or_sends_refuses_no_script(given: str) -> None:
    script = f"""//@version=4
len = {given}
src = input(close, "S", type=input.source)
alertcondition(title="RSI", condition=rsi(src, len) < 30, message="RSI " + str.tostring(close))"""
    assert imported(script, "pine", None, DEFAULTS).text == "rsi(14) < 30 on 1m"


def test_bars_of_another_interval_may_be_joined_as_they_are_by_default_only() -> None:
    script = (
        'request.security(syminfo.tickerid, "D", close, gaps=barmerge.gaps_off, lookahead=barmerge.{}) > 5'
    )
    assert imported(script.format("lookahead_off"), "pine", None, DEFAULTS).text == "close > 5 on 1d"
    assert "barmerge.lookahead_on" in faults(script.format("lookahead_on"), "pine")[0][2]


def test_an_input_without_a_default_value_is_refused() -> None:
    assert "without a default value" in faults('len = input.int(title="L")\nclose > len', "pine")[0][2]


@pytest.mark.parametrize(
    ("scan", "fault"),
    [
        (
            "[close > 6 day's ago close]",
            '"day\'s" has no meaning here in a scan: expected is "days ago" as in "5 days ago close", a comparison such'
            " as > or x or a sign of calculation",
        ),
        ("[close > $5]", '"$" has no meaning here in a scan: expected is a value such as close or 10'),
        ("[close > ]", '"]" can\'t stand here in a scan: expected is a value such as close or 10'),
        ("[RSI(14) < 30] [close > 5]", '"[" can\'t stand here in a scan: expected is "and", "or" or the end'),
        ("[close > 5]]", '"]" can\'t stand here in a scan: expected is the end'),
    ],
)
def test_a_sign_that_a_scan_can_not_have_is_refused_with_what_is_expected(scan: str, fault: str) -> None:
    assert faults(scan, "stockcharts")[0][2] == fault


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
        ("[today’s close > 5]", "close > 5 on 1d"),
        ("\u00a0[SMA(50)\u00a0x\u00a0SMA(200)]\u2060", "sma(50) crosses above sma(200) on 1d"),
    ],
)
def test_spaces_and_apostrophes_of_a_page_are_those_of_a_keyboard(text: str, rule: str) -> None:
    assert imported(text, None, None, DEFAULTS).text == rule
