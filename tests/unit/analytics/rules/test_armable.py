"""Rules that can be read, but not tried or not armed."""

import pytest

from analytics.alerts.language.reading import MAX_LENGTH, read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.armable import require_armable, require_triable
from shared.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("GLD.close / SPY.close > 1 and sentiment(1d) > 0", r"evaluated without sentiment\(\)"),
        ("close > SPY.close and close > forecast(95%).high", r"evaluated without forecast\(\)"),
        ("no data 5m clear close > 1", "a quote clears it"),
        ("no data 5m live", "leave live out"),
        ("GLD.close > SPY.close live", "evaluated at closed bars"),
    ],
)
def test_what_the_analysis_can_not_evaluate_is_not_armed(text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"can't be armed: .*{reason}"):
        require_armable(read_rule(text, DEFAULTS))


def test_rule_that_is_too_long_with_its_defaults_is_not_armed() -> None:
    """The analysis reads the normal form: a longer one was in the list as armed, and was never evaluated."""
    text = " and ".join(["macd().histogram > macd().signal"] * 39)
    assert len(text) <= MAX_LENGTH
    with pytest.raises(ConfigError, match=r"it has 21\d\d characters, more than 2000"):
        require_armable(read_rule(text, DEFAULTS))


def test_rule_that_has_too_many_words_with_its_defaults_is_not_armed() -> None:
    text = " and ".join(["macd() > 1"] * 39)
    with pytest.raises(ConfigError, match="more than 400 words"):
        require_armable(read_rule(text, DEFAULTS))


def test_rule_that_reads_too_many_bars_at_each_close_is_not_armed() -> None:
    text = "linear_regression(5000).slope > 0"
    with pytest.raises(ConfigError, match="read 60,000 bars at each close, more than 10,000"):
        require_armable(read_rule(text, DEFAULTS))


def test_missing_quotes_are_not_tried_on_bars() -> None:
    with pytest.raises(ConfigError, match="can't be tried"):
        require_triable(read_rule("no data 5m", DEFAULTS))
