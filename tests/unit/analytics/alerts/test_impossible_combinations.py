"""Parts of a rule that exclude one another, and endings without effect, are named; all others are not."""

import pytest

from analytics.alerts.impossible_combinations import impossible_combinations
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS


def found(text: str) -> list[str]:
    return impossible_combinations(read_rule(text, DEFAULTS))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "close crosses above 200 for 3 bars",
            "close crosses above 200 is true at one bar and not at the next, never for 3 bars: write close > 200 for"
            " 3 bars.",
        ),
        (
            "rsi(14) crosses below sma(5) and volume > 100 for 2 bars",
            "rsi(14) crosses below sma(5) is true at one bar and not at the next, never for 2 bars: write"
            " rsi(14) < sma(5) for 2 bars.",
        ),
        (
            "close crosses 200 for 2 bars",
            "close crosses 200 for 2 bars asks for a crossing at each of these bars.",
        ),
        (
            "close[2] < 10 and close > 20 for 3 bars",
            "close[2] < 10 and close > 20 can never be true for 3 bars.",
        ),
    ],
)
def test_a_condition_that_can_not_last_for_so_many_bars_is_named(text: str, sentence: str) -> None:
    assert found(text) == [sentence]


@pytest.mark.parametrize(
    "combination",
    [
        "close crosses above 200 and close crosses below 200",
        "close crosses above 200 and close < 200",
        "close crosses above 200 and close[1] > 200",
        "sma(5) crosses above sma(10) and sma(10) >= sma(5)",
        "rsi(14) < 30 and rsi(14) > 70",
        "70 < rsi(14) and 30 > rsi(14)",
        "close > 5 and not close > 5",
        "close == 5 and close == 6",
        "close[1] > 5 and close[1] <= 5",
    ],
)
def test_conditions_that_exclude_one_another_are_named_wherever_they_stand(combination: str) -> None:
    sentence = f"{combination} can never be true at the same bar."
    assert found(combination) == [sentence]
    assert found(f"({combination}) or volume > 5") == [sentence]
    assert found(f"volume > 5 clear {combination}") == [sentence]


def test_limits_in_the_wrong_order_are_named() -> None:
    assert found("close between 220 and 180") == ["close between 220 and 180 can never be true."]


@pytest.mark.parametrize("always", ["close > 5 or close <= 5", "rsi(14) < 70 or rsi(14) > 30"])
def test_conditions_of_which_one_is_always_true_are_named(always: str) -> None:
    sentence = f"{always} is always true where its values are known."
    assert found(always) == found(f"volume > 5 clear {always} every 1h") == [sentence]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("close > 5 clear close < 4 once", "clear has no effect beside once"),
        ("close > 5 on 1h every 1h", "every 1h has no effect on 1h"),
        ("close > 5 on 1d every 1d", "every 1d has no effect on 1d"),
    ],
)
def test_an_ending_without_effect_is_named(text: str, words: str) -> None:
    (sentence,) = found(text)
    assert words in sentence


@pytest.mark.parametrize(
    "text",
    [
        *(
            "close crosses above 200",
            "close crosses 200",
            "close > 200 for 3 bars",
            "close > close[1] for 3 bars",
        ),
        *(
            "close crosses above 5 and close crosses above open",
            "close > 5 for 3 bars once",
            "no data 5m every 1m",
        ),
        *("macd().histogram crosses above 0 and rsi(14) < 60", "close[2] < 10 and close > 20 for 2 bars"),
        *("rsi(14) < 30 or rsi(14) > 70 for 3 bars", "close >= 5 and close <= 5", "close != 5 and close > 4"),
        *("not close crosses above 5 for 3 bars", "close > 5 on 1h every 2h", "close < 5 clear close > 5"),
        "close crosses above open or close crosses below open for 2 bars",
    ],
)
def test_parts_that_can_all_be_true_are_not_named(text: str) -> None:
    assert found(text) == []
