"""Rules as text: what is read, and what is refused with its place."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS, OWN_FUNCTIONS
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.rule_error import RuleError
from analytics.indicators.catalog import CATALOG, DEFAULTS
from tests.inputs.random_rules import RULES

NORMAL_FORMS = {
    "AAPL: close crosses above 200 once": "AAPL: close crosses above 200 on 1m once",
    "list:tech: change(1d) < -5% every 1d": "list:tech: change(1d) < -5% on 1m every 1d",
    "rsi(14) crosses below 30 on 1h clear rsi(14) > 40": "rsi(14) crosses below 30 on 1h clear rsi(14) > 40",
    "sma(50) crosses above sma(200) on 1d": "sma(50) crosses above sma(200) on 1d",
    "close < bollinger(20, 2).lower on 15m for 3 bars": "close < bollinger(20, 2).lower on 15m for 3 bars",
    "volume > 3 * sma(volume, 20)[1] on 5m": "volume > 3 * sma(volume, 20)[1] on 5m",
    "close > highest(high, 252)[1] on 1d": "close > highest(high, 252)[1] on 1d",
    "macd().histogram crosses above 0 and rsi(14) < 60": (
        "macd(12, 26, 9).histogram crosses above 0 and rsi(14) < 60 on 1m"
    ),
    "low <= 180 or high >= 220 on 1m": "low <= 180 or high >= 220 on 1m",
    "held: drawdown(20d) > 10%": "held: drawdown(20d) > 10% on 1m",
    "GLD.close / SPY.close crosses above 0.4 on 1d": "GLD.close / SPY.close crosses above 0.4 on 1d",
    "not close between forecast(95%).low and forecast(95%).high on 1d": (
        "not close between forecast(95%).low and forecast(95%).high on 1d"
    ),
    "no data 5m while open": "no data 5m on 1m while open",
    "sentiment(1d) < -0.6 and change(1h) < -2%": "sentiment(1d, 12h) < -0.6 and change(1h) < -2% on 1m",
    "anomaly() severity critical": "anomaly() on 1m severity critical",
    "all: close>5": "close > 5 on 1m",
    "spread>1% or SPY.spread > highest(spread,20)[1]": (
        "spread > 1% or SPY.spread > highest(spread, 20)[1] on 1m"
    ),
    "BRK-B,7203.T, binance:BTCUSDT: 'BRK-B'.close/SPY.close > 1": (
        "BRK-B, 7203.T, binance:BTCUSDT: 'BRK-B'.close / SPY.close > 1 on 1m"
    ),
    "ON, LOW: ALL.open > OPEN.low": "ON, LOW: ALL.open > OPEN.low on 1m",
    "(close) - (open - low) > -(1 - 2)": "close - (open - low) > -(1 - 2) on 1m",
    "close > 1 or (close > 2 and (close > 3 or open > 4))": (
        "close > 1 or close > 2 and (close > 3 or open > 4) on 1m"
    ),
    "not (not close > 1) live severity info": "not not close > 1 on 1m live severity info",
    "close > 1e3\n  on 5m": "close > 1000 on 5m",
}
"""Texts with their normal forms: first those of the documentation."""

REFUSED = {
    "": (1, "expected a number"),
    "close >": (8, "the rule ends too early"),
    "close = 5": (7, "a comparison is written"),
    "close > 5 and and open < 3": (15, "'and' can't stand here"),
    "close > 5 onn 1m": (11, "did you mean on?"),
    "(close > 5": (11, "')'"),
    "close > 5)": (10, "')' can't stand here"),
    "if close > 5": (1, "'if' has no meaning in a rule"),
    "close crosses bellow 5": (15, "'bellow' has no meaning in a rule; did you mean below?"),
    "AAPL close > 5": (6, "the symbols of a rule stand before a colon: AAPL: close > 200"),
    "close crosses above": (20, "expected a number or a series such as close or a function such as rsi(14)"),
    "macd().histogram close > 5": (18, "'close' can't stand here"),
    "20 < rsi() < 30": (12, "a range is written: close between"),
    "GLD > 5": (5, "expected '.'"),
    "RSI(14) > 3": (1, "RSI is written in lower case: rsi"),
    "Close > 3": (1, "Close is written in lower case: close"),
    "close > SMA(50)": (9, "SMA is written in lower case: sma"),
    "close > 5 AND open < 3": (11, "AND is written in lower case: and"),
    "close > 5 On 1h": (11, "On is written in lower case: on"),
    "close > 5 severity Critical": (20, "Critical is written in lower case: critical"),
    "BRK-B.close > 5": (4, "a symbol with other signs is quoted: 'BRK-B'.close"),
    "AAPL: AAPL > 5": (12, "expected '.' and a series, as in AAPL.close"),
    "close > 5 while closed": (17, "expected open"),
    "clos > 5": (1, "did you mean close?"),
    "rsy(14) > 3": (1, "did you mean rsi?"),
    "rsi > 70": (1, "write rsi(14)"),
    "rsi(1) > 3": (5, "from 2 to 5000"),
    "rsi(14, 3) > 5": (9, "fewer arguments"),
    "atr(volume, 3) > 5": (5, "takes no series"),
    "macd(26, 12, 9) > 0": (1, "macd_fast must be below macd_slow"),
    "bollinger() > 3": (1, "add .lower or .middle or .upper"),
    "bollinger().lowr > 3": (1, "did you mean lower?"),
    "no data 0s": (9, "no data 1s to no data 366d is expected"),
    "no data 5000w while open": (9, "no data 1s to no data 366d is expected"),
    "close": (1, "a condition is expected"),
    "close and open > 3": (1, "a condition is expected"),
    "(close > 3) > 2": (2, "a number is expected"),
    "5m > 3": (1, "this is a duration"),
    "close[0] > 4": (1, "not within 1 to 5000"),
    "(close[3000] + 1)[2001] > 4": (2, "looks 5001 bars back"),
    "close[1.5] > 4": (7, "a whole number of bars"),
    "5[1] > 4": (1, "only a value that changes"),
    "close.low > 4": (7, "only a function has parts"),
    "highest(close + 1, 5) > 3": (9, "a series or an indicator"),
    "change(5m) > 1% on 1h": (8, "a multiple of 1h"),
    "change(1w) > 1%": (8, "use sessions"),
    "forecast(90%).low > 3": (1, "forecast(50%), forecast(80%) or forecast(95%)"),
    "forecast(95%) > 3": (1, "forecast(95%).low"),
    "sma(spread, 20) > 1": (5, "open, high, low, close or volume is expected here"),
    "anomaly(3)": (1, "written anomaly()"),
    "close > 5 on 2h": (11, "the intervals are"),
    "close > 5 on 1h on 1h": (17, "on is there twice"),
    "close > 5 once every 1d": (16, "exclude each other"),
    "close > 5 for 0 bars": (11, "for 1 to 1000 bars"),
    "close > 5 severity high": (20, "info, warning or critical"),
    "no data 5m and close > 3": (1, "a rule of its own"),
    "AAPL:close > 5": (5, "a colon and a space"),
    "a b: close > 5": (1, "'a b' is no symbol"),
    "AAPL, : close > 5": (7, "'' is no symbol"),
    "list:a b: close > 5": (1, "a list has a name"),
    "''.close > 5": (1, "is no symbol"),
    "'BRK-B.close > 5": (1, "has no end"),
    "close > 1e999": (9, "too large"),
    "clоse > 5": (3, "CYRILLIC SMALL LETTER O"),
    "close ＞ 5": (7, "FULLWIDTH GREATER-THAN SIGN"),
    "close > 5\u200b": (10, "ZERO WIDTH SPACE"),
    "__import__('os').system('ls')": (16, "expected '.'"),
    "close > 5; drop table alerts": (10, "';' has no meaning"),
    "(" * 500 + "close > 5" + ")" * 500: (61, "parentheses are open"),
    "not " * 300 + "close > 5": (241, "more than 60 parts are nested or joined"),
    "close > " + "-" * 300 + "5": (68, "more than 60 parts are nested or joined"),
    "close > " + "-" * 1_900 + "5": (407, "at most 400 words, numbers and signs"),
    "close > " + "1+" * 900 + "1": (407, "at most 400 words, numbers and signs"),
    "bollinger(20, 2).lower > 1 or " * 31 + "bolinger(20) > 1": (931, "did you mean bollinger?"),
    " and ".join(["close > 5"] * 62): (1, "more than 60 parts are nested or joined"),
    "close > 5 and " * 715: (2_001, "at most 2000 characters"),
}
"""Malformed rules with the column of the fault, and a part of what is said about it."""


def rule_of(text: str) -> Rule:
    return read_rule(text, DEFAULTS)


@pytest.mark.parametrize("text", NORMAL_FORMS)
def test_rule_is_written_in_its_normal_form(text: str) -> None:
    assert normal_form(rule_of(text)) == NORMAL_FORMS[text]


@settings(max_examples=100)
@given(RULES)
def test_normal_form_is_read_as_the_same_rule(text: str) -> None:
    rule = rule_of(text)
    assert rule_of(normal_form(rule)) == rule
    assert normal_form(rule_of(normal_form(rule))) == normal_form(rule)


@pytest.mark.parametrize("text", REFUSED)
def test_malformed_rule_is_refused_at_its_place(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        rule_of(text)
    column, fault = REFUSED[text]
    assert refused.value.column == column
    assert fault in refused.value.fault


def test_fault_is_shown_with_a_caret_below_its_place() -> None:
    with pytest.raises(RuleError) as refused:
        rule_of("close > 5\nand rsy(14) > 3")
    assert str(refused.value) == (
        "and rsy(14) > 3\n    ^\nline 2, column 5: there is no function rsy; did you mean rsi?"
    )


def test_of_a_long_line_the_surroundings_are_shown() -> None:
    with pytest.raises(RuleError) as refused:
        rule_of("close > 5 or " * 30 + "clos > 5")
    line, caret, _ = str(refused.value).split("\n")
    assert line.startswith("…") and line[caret.index("^") :] == "clos > 5"


@settings(max_examples=200)
@given(some.text(alphabet=some.sampled_from("ab()[]<>=.,%'- 59:\n\tоπ"), max_size=60) | RULES, some.data())
def test_any_text_is_a_rule_or_is_refused_within_it(text: str, data: some.DataObject) -> None:
    cut = data.draw(some.integers(0, len(text)))
    text = text[:cut] + data.draw(some.sampled_from(("", "(", " and ", "'", "5m", "%", "[9]"))) + text[cut:]
    try:
        rule_of(text)
    except RuleError as refused:
        line = text.split("\n")[refused.line - 1]
        assert 1 <= refused.column <= len(line) + 1


def test_a_malformed_rule_is_refused_in_less_than_ten_milliseconds() -> None:
    rule_of("close > 5")  # the grammar is read once
    for text in REFUSED:
        best = min(seconds_to_refuse(text) for _ in range(5))
        assert best < 0.01, text


def seconds_to_refuse(text: str) -> float:
    begun = time.process_time()
    with pytest.raises(RuleError):
        rule_of(text)
    return time.process_time() - begun


def test_every_output_of_the_catalog_is_a_part_of_a_function_and_its_usage_is_a_number() -> None:
    reached = {
        output.name
        for function in INDICATOR_FUNCTIONS.values()
        for output, _ in zip(function.spec.outputs, function.parts, strict=True)
    }
    # `sma` and `ema` take any period, and need no second function for the long averages.
    assert {*reached, "sma_long", "ema_long"} == {output.name for spec in CATALOG for output in spec.outputs}
    for function in INDICATOR_FUNCTIONS.values():
        rule_of(f"{function.usage} > 0")


@pytest.mark.parametrize(
    "name", [name for name in OWN_FUNCTIONS if name not in ("anomaly", "abs", "min", "max")]
)
def test_examples_of_the_own_functions_are_numbers(name: str) -> None:
    for example in OWN_FUNCTIONS[name].split(" or "):
        rule_of(f"{example} > 0")
