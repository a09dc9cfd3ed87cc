"""The values that an alert has: those that its condition compared, at the bars at which it read them."""

import pytest

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from shared.market.records import Bar
from tests.inputs.records import context

CLOSES = (5.0, 4.0, 3.0, 2.0, 9.0)
"""Only the last bar is higher than the one before."""


def _values_at_last_bar(condition: str) -> dict[str, float | None]:
    rule = read_rule(f"{condition} and close > 8", DEFAULTS)
    rules = SeriesRules({1: ArmedRule(1, 1, rule)}, "AAPL", context())
    found = []
    for place, close in enumerate(CLOSES):
        start = 60 * place
        bar = Bar(
            "AAPL", "1m", start, start + 60, close, close + 1, close, close, 7.0, close, 9, "regular", ""
        )
        found += rules.fired(bar)
    (evaluation,) = found
    return dict(evaluation.values)


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("close > close[1]", {"close": 9.0, "close[1]": 2.0}),
        ("close > highest(high, 3)[1]", {"close": 9.0, "highest(high, 3)[1]": 5.0}),
        ("close > 2 * sma(2)[1]", {"close": 9.0, "sma(2)[1]": 2.5}),
        (
            "(close > open[1])[1] or volume > 1",
            {"close[1]": 2.0, "open[2]": 3.0, "volume": 7.0, "close": 9.0},
        ),
        ("abs(close - close[4]) > 1", {"close": 9.0, "close[4]": 5.0}),
        ("close crosses above close[1]", {"close": 9.0, "close[1]": 2.0}),
        ("close > 1 or close[30] > 1", {"close": 9.0, "close[30]": None}),
    ],
)
def test_values_of_the_past_are_shown_as_the_condition_read_them(
    condition: str, values: dict[str, float | None]
) -> None:
    """The volume of `volume > 3 * sma(volume, 20)[1]` stood beside the mean of another bar."""
    assert _values_at_last_bar(condition.join("()")) == values
