"""A price below a level only because one share became four is no alert."""

from collections.abc import Mapping, Sequence

import pytest

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from tests.inputs.records import context, flat_bar


def outcomes(text: str, closes: Sequence[float], splits: Mapping[int, float], cut: int = 0) -> list[str]:
    """The outcomes at these closes; each split is before the bar at its place. At `cut` the state is restored."""
    armed = {1: ArmedRule(1, 1, read_rule(text, DEFAULTS))}
    rules, found = SeriesRules(armed, "AAPL", context()), []
    for place, close in enumerate(closes):
        if place in splits:
            rules.split(splits[place])
        if place == cut:
            state, rules = rules.state(), SeriesRules(armed, "AAPL", context())
            rules.restore(state)
        (evaluation,) = rules.update(flat_bar(close)._replace(start=60 * place, end=60 * place + 60))
        found.append(str(evaluation.outcome))
    return found


@pytest.mark.parametrize(
    ("text", "closes", "ratio"),
    [
        ("close < 200", (400.0, 401.0, 101.0, 99.0), 4.0),
        ("close > 30", (10.0, 10.5, 41.0, 42.0), 0.25),
        ("close < 1185", (1_195.0, 1_196.0, 119.5, 118.0), 10.0),
        ("low <= 180 or high >= 900", (400.0, 401.0, 101.0, 99.0), 4.0),
    ],
)
@pytest.mark.parametrize("cut", [0, 2])
def test_a_split_makes_no_level_be_passed(
    text: str, closes: tuple[float, ...], ratio: float, cut: int
) -> None:
    assert outcomes(text, closes, {2: ratio}, cut) == ["false", "false", *["waiting for false"] * 2]


def test_what_really_passes_a_level_at_the_bar_of_a_split_fires() -> None:
    assert outcomes("close < 200", (400.0, 1_000.0, 190.0), {2: 4.0}) == ["false", "false", "fired"]
    assert outcomes("close > 150", (140.0, 400.0, 160.0), {2: 4.0}) == ["false", "fired", "fired"]


def test_a_count_of_closes_goes_on_over_a_split() -> None:
    closes = (210.0, 190.0, 95.0)
    assert outcomes("close < 200 for 2 bars", closes, {2: 2.0}) == ["false", "counting", "fired"]
    assert outcomes("rsi(2) < 101 for 9 bars", closes, {2: 2.0})[2] == "waiting for false"
