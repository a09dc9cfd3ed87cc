"""Indicators of the volume, which is zero at the bars of indices, of currencies and of quiet minutes."""

import json
from math import isfinite
from random import Random

import pytest

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.functions import INDICATOR_FUNCTIONS
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.indicators.series.inputs import input_of
from analytics.indicators.volatility.bollinger_position import BollingerPosition
from analytics.indicators.volatility.realized_volatility import Volatility
from tests.inputs.records import context, flat_bar

OF_VOLUME = sorted(
    f"{name}(volume, {', '.join(str(max(3 + place, each.least)) for place, each in enumerate(function.periods))})"
    f"{f'.{part}' if part else ''}"
    for name, function in INDICATOR_FUNCTIONS.items()
    if function.takes_series
    for part in function.parts
)


@pytest.mark.parametrize("text", OF_VOLUME)
@pytest.mark.parametrize("volumes", [(0.0,), (0.0, 1.0, 1e15), (7.0, 0.0)])
def test_indicator_of_volumes_is_unknown_or_finite(text: str, volumes: tuple[float, ...]) -> None:
    rules = {1: ArmedRule(1, 1, read_rule(f"{text} > 0", DEFAULTS))}
    series, chance = SeriesRules(rules, "AAPL", context()), Random(5)
    for _ in range(60):
        series.update(flat_bar(2.0)._replace(volume=chance.choice(volumes)))
        newest = [history.newest for history in series.values.histories.values()]
        assert all(value is None or isfinite(value) for value in newest)
        state = json.loads(json.dumps(series.state()))
        series = SeriesRules(rules, "AAPL", context())
        series.restore(state)


def test_volatility_is_unknown_while_its_window_has_a_zero() -> None:
    volumes = [1.0, 2.0, 4.0, 0.0, 8.0, 2.0, 1.0, 0.0, 0.0, 3.0, 3.0, 3.0, 5.0]
    indicator = Volatility(2, 252, of=input_of("volume"))
    bars = [flat_bar(2.0)._replace(volume=volume) for volume in volumes]
    previews, values = [], []
    for bar in bars:
        previews.append(indicator.preview(bar))
        values.append(indicator.update(bar))
    assert [place for place, value in enumerate(values) if value is not None] == [2, 6, 11, 12]
    assert previews == values


def test_band_width_is_unknown_around_zero() -> None:
    indicator = BollingerPosition(2, of=input_of("volume"))
    values = [indicator.update(flat_bar(2.0)._replace(volume=volume)) for volume in (0.0, 0.0, 2.0)]
    assert values == [None, (None, None), (0.75, 4.0)]
