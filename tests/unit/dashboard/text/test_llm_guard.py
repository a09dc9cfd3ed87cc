"""A rewording must contain the numbers of its text, and no others."""

import pytest

from dashboard.text.llm_guard import numbers, objection

TEXT = (
    "The 1m bar of 15:56 closed at $1,204.50, above SMA 20 ($1,200.00); skill \u22120.2\u00a0%, "
    "the 95\u00a0% interval held 94.8\u00a0%."
)


def test_numbers_have_one_notation_whatever_their_signs() -> None:
    assert numbers("$1,204.50, 1204.5 and 1’204.50") == {"1204.5"}
    assert numbers("\u22120.2 % or -0.20% or \u2013$0.2") == {"-0.2"}
    assert numbers("at 15:56, of 5m bars, 0.0 and \u22120") == {"15:56", "5m", "0"}
    assert numbers("a range of 98.2\u2013104.2") == {"98.2", "104.2"}
    assert numbers("no number, ARIMA(0, 1, 1)") == {"0", "1"}


@pytest.mark.parametrize(
    "wording",
    [
        "At 15:56 the 1m bar ended at 1204.5 dollars, over SMA 20 at $1,200. The skill is -0.2 percent.",
        "Closing at $1,204.50 it lay some points\u2026 well, above its average. 94.8% of closes lay within 95%.",
        "Above its average.",
    ],
)
def test_wording_with_numbers_of_the_text_or_none_is_taken(wording: str) -> None:
    assert objection(TEXT, wording) is None


@pytest.mark.parametrize(
    "wording",
    [
        "It closed at $1,204.51.",
        "It closed at 1.204,50.",
        "The skill is 0.2 %.",
        "The RSI is \u221220.",
        "It closed at 15:57.",
        "It closed at 1,204.50k.",
        "It closed at ١٢٠٤.",
        "It rose by ½ a percent.",
        "Closing at $1,204.50 it lay two points above its average.",
        "It closed at 1 204.50.",
        "It rose 2e1 points.",
    ],
)
def test_wording_with_a_number_of_its_own_is_refused(wording: str) -> None:
    assert objection(TEXT, wording) == "it has a number that is not in the text"


def test_empty_and_lengthy_wordings_are_refused() -> None:
    assert objection(TEXT, " \n ") == "it is empty"
    assert objection(TEXT, "Up. " * 200) == "it is too long"
