"""Names of shares, illnesses and goods that have a score elsewhere have none in the title of a story."""

import pytest

from benchmarks.mood.accuracy import label_of
from producer.mood.scoring import score_of


@pytest.mark.parametrize(
    ("title", "symbol"),
    [
        ("Gladstone Investment (NASDAQ: GAIN) to report results on Tuesday", ""),
        ("Prevention Inc (LOSS) to speak at a conference", ""),
        ("$FEAR and $HOPE in focus", ""),
        ("GAIN to report results on Tuesday", "GAIN"),
        ("WIN shares to trade in London", "WIN.L"),
        ("Best Buy announces date of annual meeting", "BBY"),
        ("Crude futures settle in New York", "CL=F"),
        ("Cancer and depression centers to open in Ohio", "ACME"),
    ],
)
def test_a_name_has_no_score(title: str, symbol: str) -> None:
    assert label_of(score_of(title, symbol)) == "neutral"


def test_what_is_said_beside_a_name_still_counts() -> None:
    assert score_of("SAVE shares halted after default", "SAVE") < 0.0
    assert score_of("Tesla (TSLA) beats estimates", "TSLA") > 0.0
    assert score_of("ACME SHARES PLUNGE (AGAIN) ON LOSS", "ACME") < 0.0
    assert score_of("Gains ahead for Acme", "GAIN") == score_of("Gains ahead for Acme")


@pytest.mark.parametrize("title", ["Profit booking drags stock", "Investors book profits in Nifty"])
def test_taking_profits_is_a_loss_to_those_who_hold(title: str) -> None:
    assert score_of(title) < 0.0


def test_an_end_of_a_trial_that_is_met_is_good_whatever_the_illness() -> None:
    assert score_of("Drug meets primary endpoint in cancer trial") > 0.0
    assert score_of("Drug misses primary endpoint in cancer trial") < 0.0


@pytest.mark.parametrize(
    "title", ["Not bad at all", "Don’t worry, no problems", "Acme isn’t hurt by tariffs"]
)
def test_negations_are_understood_at_the_beginning_and_with_any_apostrophe(title: str) -> None:
    assert score_of(title) > -0.05


def test_a_hashtag_is_its_word() -> None:
    assert score_of("Acme #useless") == score_of("Acme useless") < 0.0
