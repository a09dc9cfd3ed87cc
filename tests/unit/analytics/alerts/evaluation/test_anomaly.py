"""Anomalies: each kind is found, ordinary bars are none, and one wild bar hides no later one."""

import json
from itertools import pairwise
from math import exp, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.alerts.evaluation.anomaly import BARS, CAP, FROZEN, GAPS, SPIKE, SURGE, Anomaly
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule_error import RuleError
from analytics.indicators.catalog import DEFAULTS
from shared.market.records import Bar
from tests.inputs.records import context
from tests.oracles.naive_rules import in_shares_of

OPEN = 86_400 * 400 + 50_000


def minute(place: int, close: float, volume: float = 1000.0, day: int = 0) -> Bar:
    start = OPEN + 86_400 * day + 60 * place
    high, low = close * 1.001, close * 0.999
    return Bar("AAPL", "1m", start, start + 60, close, high, low, close, volume, close, 9, "regular", "test")


def walk(count: int, seed: int = 1, days: int = 1) -> list[Bar]:
    """Returns of a tenth of a percent, gaps of half a percent, volumes that vary by a third."""
    chance, price = Random(seed), 100.0
    bars = []
    for day in range(days):
        price *= exp(chance.gauss(0, 0.005)) if day else 1.0
        for place in range(count):
            price *= exp(chance.gauss(0, 0.001))
            bars.append(minute(place, price, 1000.0 * exp(chance.gauss(0, 0.3)), day))
    return bars


def found(bars: list[Bar]) -> list[float | None]:
    anomaly = Anomaly(context().session_of)
    return [anomaly.update(bar).is_anomaly for bar in bars]


def places(bars: list[Bar]) -> list[int]:
    return [place for place, value in enumerate(found(bars)) if value]


def moved(bars: list[Bar], place: int, factor: float) -> list[Bar]:
    """The bars with every price from `place` on multiplied."""
    return [
        bar
        if number < place
        else bar._replace(**{name: getattr(bar, name) * factor for name in ("open", "high", "low", "close")})
        for number, bar in enumerate(bars)
    ]


def test_a_random_walk_has_no_anomaly() -> None:
    assert places(walk(390, days=25)) == []


def test_it_is_unknown_until_there_are_enough_returns() -> None:
    values = found(walk(100))
    assert values[:BARS] == [None] * BARS and None not in values[BARS:]


@pytest.mark.parametrize("factor", [1.012, 1 / 1.012])
def test_a_price_spike_is_one(factor: float) -> None:
    assert places(moved(walk(200), 150, factor)) == [150]


def test_two_spikes_one_after_the_other_are_both_found() -> None:
    assert places(moved(moved(walk(200), 150, 1.5), 151, 1 / 1.5)) == [150, 151]


def test_a_volume_surge_is_one() -> None:
    bars = walk(200)
    bars[150] = bars[150]._replace(volume=bars[150].volume * 12)
    assert places(bars) == [150]


def test_a_bar_without_volume_is_none() -> None:
    bars = walk(200)
    bars[150] = bars[150]._replace(volume=0.0)
    assert places(bars) == []


def test_an_ordinary_night_is_none_and_a_wide_gap_is_one() -> None:
    bars = walk(60, days=30)
    assert places(bars) == []
    assert places(moved(bars, 60 * 28, 1.06)) == [60 * 28]


def test_a_price_that_stands_still_is_one_once() -> None:
    bars = walk(100)
    last = bars[-1]
    still = [
        last._replace(start=last.start + 60 * n, end=last.end + 60 * n, high=last.close, low=last.close)
        for n in range(1, FROZEN + 40)
    ]
    assert places(bars + still) == [100 + FROZEN - 1]


def test_a_price_that_never_moved_is_unknown() -> None:
    assert set(found([minute(place, 5.0) for place in range(200)])) == {None}


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 9), some.integers(1, 399), some.sampled_from([2.0, 0.25, 8.0]))
def test_split_and_restart_change_nothing(seed: int, place: int, ratio: float) -> None:
    bars = moved(walk(200, seed, days=2), 150, 1.05)
    before, after = bars[:place], bars[place:]
    anomaly = Anomaly(context().session_of)
    values = [anomaly.update(bar).is_anomaly for bar in before]
    anomaly.split(ratio)
    again = Anomaly(context().session_of)
    again.restore(json.loads(json.dumps(anomaly.state())))
    new = in_shares_of([*after, after[-1]], {len(after): ratio})[:-1]
    assert values + [again.update(bar).is_anomaly for bar in new] == found(bars)


@settings(max_examples=40, deadline=None)
@given(some.integers(0, 99), some.integers(0, 399), some.floats(0.9, 1.1), some.floats(0.01, 50.0))
def test_it_is_what_a_plain_calculation_says(seed: int, place: int, factor: float, more: float) -> None:
    bars = moved(walk(200, seed, days=2), place, factor)
    bars[place] = bars[place]._replace(volume=bars[place].volume * more)
    assert [bool(value) for value in found(bars)] == plainly(bars)


def plainly(bars: list[Bar]) -> list[bool]:
    """The same, written out for all bars; no price stands still."""
    returns: list[float] = []
    gaps: list[float] = []
    level = log(bars[0].volume)
    distances: list[float] = []
    answers = [False]
    for before, bar in pairwise(bars):
        kind, span = (gaps, GAPS) if bar.start - before.start > 3600 else (returns, BARS)
        move = log(bar.close / before.close)
        is_spike = len(kind) >= span and abs(move) > SPIKE * usual(kind, span)
        kind.append(move)
        above, ready = log(bar.volume) - level, len(distances) >= BARS
        size = usual(distances, BARS)
        is_surge = ready and above > SURGE * size
        distances.append(above)
        level += (max(-CAP * size, min(above, CAP * size)) if ready else above) / min(
            len(distances) + 1, BARS
        )
        answers.append(len(returns) >= BARS and (is_spike or is_surge))
    return answers


def usual(values: list[float], span: int) -> float:
    mean = 0.0
    for number, value in enumerate(values):
        size = min(abs(value), CAP * mean) if number >= span else abs(value)
        mean += (size - mean) / min(number + 1, span)
    return mean


def test_an_alert_has_the_values_that_made_the_anomaly() -> None:
    rule = read_rule("anomaly()", DEFAULTS)
    rules = SeriesRules({1: ArmedRule(1, 1, rule)}, "AAPL", context())
    fired = [each for bar in moved(walk(200), 150, 1.012) for each in rules.fired(bar)]
    (values,) = [each.values for each in fired]
    assert list(values) == [f"anomaly().{part}" for part in ("spike", "gap", "surge", "frozen")]
    assert (values["anomaly().spike"] or 0.0) > SPIKE
    assert (values["anomaly().gap"], values["anomaly().frozen"]) == (None, 0.0)
    assert (values["anomaly().surge"] or 0.0) < SURGE


def test_the_parts_of_an_anomaly_are_numbers() -> None:
    rule = read_rule("anomaly().surge > 4 and not anomaly()", DEFAULTS)
    assert normal_form(rule) == "anomaly().surge > 4 and not anomaly() on 1m"
    with pytest.raises(RuleError, match=r"anomaly has no part .speed; its parts: .spike, .gap, .surge"):
        read_rule("anomaly().speed > 1", DEFAULTS)
