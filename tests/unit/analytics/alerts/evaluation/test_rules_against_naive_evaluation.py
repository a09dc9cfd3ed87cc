"""Rules evaluated bar by bar against their meaning over the whole history, at every prefix."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.indicators.catalog import DEFAULTS
from tests.inputs.random_rules import CONDITIONS, RULES, Market, markets
from tests.inputs.records import context
from tests.oracles import naive_rules


def rule_of(text: str) -> Rule:
    return read_rule(text, DEFAULTS)


def evaluated(named: Mapping[str, Rule], market: Market, cut: int | None = None) -> list[dict[str, Any]]:
    """The outcomes and conditions of the rules at each bar. At `cut` the state goes through a snapshot."""
    names = list(named)
    rules = {number: ArmedRule(number, 1, named[name]) for number, name in enumerate(names)}
    series = SeriesRules(rules, "AAPL", context())
    series.values.add_headlines(market.headlines)
    found = []
    for place, bar in enumerate(market.bars):
        if place == cut:
            state = json.loads(json.dumps(series.state()))
            series = SeriesRules(rules, "AAPL", context())
            series.restore(state)
        if place in market.splits:
            series.split(market.splits[place])
        evaluations = series.update(bar)
        found.append(
            {
                names[each.armed.rule_id]: (each.outcome, each.condition, dict(each.values))
                for each in evaluations
            }
        )
    return found


@settings(max_examples=100)
@given(CONDITIONS, markets())
def test_condition_is_that_of_the_whole_history_at_every_prefix(text: str, market: Market) -> None:
    rule = rule_of(text)
    for place, outcomes in enumerate(evaluated({"a": rule}, market)):
        bars = naive_rules.in_shares_of(market.bars[: place + 1], market.splits)
        assert outcomes["a"][1] == naive_rules.value(rule.condition, bars, market.headlines), place


@settings(max_examples=100)
@given(RULES, markets())
def test_rule_fires_at_the_bars_of_its_definition(text: str, market: Market) -> None:
    rule = rule_of(text)
    outcomes = evaluated({"a": rule}, market)
    fired = [place for place, found in enumerate(outcomes) if found["a"][0] == "fired"]
    assert fired == naive_rules.fires(rule, market.bars, market.splits, market.headlines)


@settings(max_examples=40)
@given(RULES, RULES, markets())
def test_rules_evaluated_together_and_cut_anywhere_are_those_evaluated_alone(
    one: str, other: str, market: Market
) -> None:
    rules = {"one": rule_of(one), "other": rule_of(other)}
    together = evaluated(rules, market, cut=len(market.bars) // 2)
    for name, rule in rules.items():
        alone = evaluated({name: rule}, market)
        assert [found[name] for found in together] == [found[name] for found in alone]
