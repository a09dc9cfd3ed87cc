"""Rules that compare symbols against their meaning over the whole history of all of them, at every prefix."""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from hypothesis import assume, given, settings
from hypothesis import strategies as some

from analytics.alerts.across.compared_run import ComparedRun, Gap
from analytics.alerts.across.other_symbols import NextBars
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import RuleEvaluation
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.values_read import named_series
from analytics.indicators.catalog import DEFAULTS
from shared.market.records import Bar
from shared.market.splits import SplitAt
from tests.inputs.random_rules import CONDITIONS, RULES, Market, markets
from tests.inputs.records import context
from tests.oracles.naive_rules import OtherMarket, among_others, fires, value


class Markets(NamedTuple):
    """The bars at which a rule is evaluated, and those of two other symbols, one of them with a gap."""

    own: Market
    others: dict[str, OtherMarket]


PRICES = some.sampled_from((50.0, 75.0, 100.0, 125.0, 200.0))
NAMED = {"low": "SPY.low", "close": "SPY.close", "vwap": "GLD.vwap", "open": "GLD.open", "high": "GLD.high"}


@some.composite
def others_of(draw: some.DrawFn, own: Market) -> OtherMarket:
    """Bars at most of these times, some of them a minute earlier, with splits and a gap."""
    bars: list[Bar] = []
    for bar in own.bars:
        end = bar.end - draw(some.sampled_from((0, 0, 60)))
        if draw(some.integers(0, 3)) and not (bars and bars[-1].end >= end):
            first, last = draw(PRICES), draw(PRICES)
            prices = first, max(first, last), min(first, last), last
            bars.append(Bar("X", "1m", end - 60, end, *prices, 64.0, first, 1, "regular", "test"))
    splits = draw(
        some.dictionaries(
            some.integers(0, len(own.bars)), some.sampled_from((2.0, 0.5)), min_size=1, max_size=2
        )
    )
    since = draw(some.sampled_from(own.bars)).end - 60
    gap = since, since + draw(some.sampled_from((0, 60, 300)))
    return OtherMarket(bars, {place: ratio for place, ratio in splits.items() if place < len(bars)}, gap)


@some.composite
def three_markets(draw: some.DrawFn) -> Markets:
    own = draw(markets())
    return Markets(own, {symbol: draw(others_of(own)) for symbol in ("SPY", "GLD")})


def comparing(text: str) -> Rule:
    """The rule with the series of the bar read from other symbols."""
    for name, named in NAMED.items():
        text = re.sub(rf"(?<!while )\b{name}\b", named, text)
    rule = read_rule(text, DEFAULTS)
    assume(named_series(rule))
    return rule


def splits_of(bars: Sequence[Bar], splits: Mapping[int, float]) -> list[SplitAt]:
    """Each split right after the end of the bar before it."""
    return [SplitAt(bars[place - 1].end if place else 0, ratio) for place, ratio in sorted(splits.items())]


def evaluated(
    rule: Rule, found: Markets, cuts: Sequence[int] = (), start: int = 0
) -> list[tuple[Bar, RuleEvaluation]]:
    """What becomes of the rule at each bar; at each cut the state goes through a table."""
    armed, own = ArmedRule(1, 1, rule), found.own
    run = ComparedRun(armed, "AAPL", context(), start)
    results: list[tuple[Bar, RuleEvaluation]] = []
    gaps = {symbol: [Gap(*market.gap)] for symbol, market in found.others.items()}
    edges = [0, *sorted(cuts), len(own.bars)]
    for first, last in pairwise(edges):
        bars = own.bars[first:last]
        read = {
            other.symbol: _next_bars(found.others[other.symbol], other.until, bars) for other in run.others
        }
        results += run.evaluate(bars, splits_of(own.bars, own.splits), read, gaps)
        state = json.loads(json.dumps(run.state()))
        run = ComparedRun(armed, "AAPL", context(), start)
        run.restore(state)
    return results


def _next_bars(market: OtherMarket, since: int, until: Sequence[Bar]) -> NextBars:
    bars = [bar for bar in market.bars if until and since < bar.end <= until[-1].end]
    return NextBars(bars, splits_of(market.bars, market.splits))


@settings(max_examples=40)
@given(CONDITIONS, three_markets())
def test_condition_is_that_of_the_whole_history_at_every_prefix(text: str, found: Markets) -> None:
    rule = comparing(text)
    for place, (_, evaluation) in enumerate(evaluated(rule, found)):
        bars = among_others(found.own.bars[: place + 1], found.own.splits, found.others)
        assert evaluation.condition == value(rule.condition, bars), place


@settings(max_examples=40)
@given(RULES, three_markets(), some.lists(some.integers(0, 14), max_size=3))
def test_rule_fires_at_the_bars_of_its_definition_wherever_it_was_cut(
    text: str, found: Markets, cuts: list[int]
) -> None:
    rule, bars = comparing(text), found.own.bars
    results = evaluated(rule, found, [cut for cut in cuts if cut <= len(bars)])
    fired = [place for place, (_, evaluation) in enumerate(results) if evaluation.outcome == "fired"]
    assert fired == fires(rule, bars, found.own.splits, others=found.others)


@settings(max_examples=15)
@given(CONDITIONS, three_markets(), some.integers(0, 13))
def test_bars_before_the_start_only_warm_the_values_up(text: str, found: Markets, place: int) -> None:
    rule, bars = comparing(text), found.own.bars
    start = bars[min(place, len(bars) - 1)].end
    results = evaluated(rule, found, start=start)
    whole = [each for each in evaluated(rule, found) if each[0].end > start]
    assert [(bar, each.condition) for bar, each in results] == [(bar, each.condition) for bar, each in whole]
