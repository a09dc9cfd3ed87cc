"""Anomalies: each kind is found, ordinary bars are none, and one wild bar hides no later one."""

import json
from itertools import pairwise
from math import exp, log
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.alerts.anomalies.anomaly import (
    BARS,
    FROZEN,
    GAPS,
    LEAST_DISTANCE,
    SPIKE,
    SURGE,
    WIDE,
    Anomaly,
)
from analytics.alerts.anomalies.usual_size import CAP
from analytics.alerts.anomalies.volume_of_day import LEAST
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule_error import RuleError
from analytics.indicators.catalog import DEFAULTS
from analytics.indicators.series.sessions import session_of
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


def busy_at_the_edges(bars: list[Bar], length: int) -> list[Bar]:
    """The bars of sessions of this length, with volumes that fall in the first ten minutes and leap in the last one."""
    made = []
    for bar in bars:
        place = (bar.start - OPEN) % 86_400 // 60
        more = 30.0 if place == length - 1 else 1.0 + 40.0 * exp(-place / 2)
        made.append(bar._replace(volume=bar.volume * more))
    return made


def found_from_the_opening(bars: list[Bar]) -> list[int]:
    """The places of anomalies where each session begins with its first bar."""
    anomaly = Anomaly(session_of(lambda start: start - (start - OPEN) % 86_400))
    return [place for place, bar in enumerate(bars) if anomaly.update(bar).is_anomaly]


def test_the_opening_and_the_closing_minute_of_each_day_are_no_surge_and_one_at_noon_is() -> None:
    """In a simulated market 43 of 47 anomalies were volumes of the first ten minutes of a day."""
    bars = busy_at_the_edges(walk(120, days=20), 120)
    first_closing = 119  # that it is one shows only when the next session has opened
    assert found_from_the_opening(bars) == [first_closing]
    noon = 120 * 18 + 60
    bars[noon] = bars[noon]._replace(volume=bars[noon].volume * 12)
    opening = 120 * 19
    bars[opening] = bars[opening]._replace(volume=bars[opening].volume * 12)
    assert found_from_the_opening(bars) == [first_closing, noon, opening]


def test_a_surge_is_unknown_at_a_time_of_day_with_fewer_than_five_bars_before() -> None:
    anomaly = Anomaly(session_of(lambda start: start - (start - OPEN) % 86_400))
    surges = [anomaly.update(bar).surge for bar in walk(100, days=7)]
    assert [surges[100 * day] is None for day in range(7)] == [True] * LEAST + [False] * 2


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


def quoted(bars: list[Bar], seed: int = 3, variation: float = 0.4) -> list[Bar]:
    """The bars with spreads about a tenth of a percent."""
    chance = Random(seed)
    return [bar._replace(spread=0.001 * exp(chance.gauss(0.0, variation))) for bar in bars]


def widened(bars: list[Bar], place: int, factor: float) -> list[Bar]:
    """The bars with the spread of one of them multiplied."""
    spread = bars[place].spread
    assert spread is not None
    return [*bars[:place], bars[place]._replace(spread=spread * factor), *bars[place + 1 :]]


@pytest.mark.parametrize("variation", [0.0, 0.2, 0.8])
def test_ordinary_spreads_are_none(variation: float) -> None:
    assert places(quoted(walk(390, days=10), variation=variation)) == []


def test_a_spread_blow_out_is_one() -> None:
    assert places(widened(quoted(walk(200)), 150, 30.0)) == [150]


def test_spreads_that_are_always_one_step_are_one_at_five_steps_and_none_at_four() -> None:
    bars = quoted(walk(200), variation=0.0)
    assert places(widened(bars, 150, 4.0)) == []
    assert places(widened(bars, 150, 5.0)) == [150]


def test_spreads_are_compared_with_those_of_the_same_session() -> None:
    """Before and after the regular session they are ten times as wide every day."""
    bars = [
        bar._replace(session="post", spread=(bar.spread or 0.0) * 10) if place % 100 >= 60 else bar
        for place, bar in enumerate(quoted(walk(100, days=10), variation=0.2))
    ]
    assert places(bars) == []
    assert places([*bars[:550], bars[550]._replace(spread=0.01), *bars[551:]]) == [550]


@pytest.mark.parametrize("spread", [None, 0.0])
def test_a_bar_without_a_spread_or_with_none_between_bid_and_ask_changes_nothing(
    spread: float | None,
) -> None:
    bars = widened(quoted(walk(200)), 150, 30.0)
    bars[100] = bars[100]._replace(spread=spread)
    assert places(bars) == [150]


def test_one_blow_out_hides_no_later_one() -> None:
    assert places(widened(widened(quoted(walk(200)), 150, 1000.0), 155, 30.0)) == [150, 155]


def test_a_price_that_never_moved_is_unknown() -> None:
    assert set(found([minute(place, 5.0) for place in range(200)])) == {None}


@settings(max_examples=25, deadline=None)
@given(some.integers(0, 9), some.integers(1, 399), some.sampled_from([2.0, 0.25, 8.0]))
def test_split_and_restart_change_nothing(seed: int, place: int, ratio: float) -> None:
    bars = widened(quoted(moved(walk(200, seed, days=2), 150, 1.05)), 170, 30.0)
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
    bars = widened(quoted(bars, seed), place, more)
    bars[place] = bars[place]._replace(volume=bars[place].volume * more)
    assert [bool(value) for value in found(bars)] == plainly(bars)
    anomaly = Anomaly(context().session_of)
    assert [anomaly.update(bar).surge or 0.0 for bar in bars] == pytest.approx(surges_of(bars), abs=1e-9)


def plainly(bars: list[Bar]) -> list[bool]:
    """The same, written out for all bars; no price stands still."""
    returns: list[float] = []
    gaps: list[float] = []
    surges = surges_of(bars)
    widths = above_usual([log(bar.spread or 1.0) for bar in bars], LEAST_DISTANCE)
    answers = [False]
    for place, (before, bar) in enumerate(pairwise(bars), start=1):
        kind, span = (gaps, GAPS) if bar.start - before.start > 3600 else (returns, BARS)
        move = log(bar.close / before.close)
        is_spike = len(kind) >= span and abs(move) > SPIKE * usual(kind, span)
        kind.append(move)
        is_far = surges[place] > SURGE or widths[place] > WIDE
        answers.append(len(returns) >= BARS and (is_spike or is_far))
    return answers


def surges_of(bars: list[Bar]) -> list[float]:
    """How far each volume is above what is usual at its time of day; 0 while that is unknown."""
    added: dict[int, list[float]] = {}
    levels, distances, found, closing = [0.0], list[float](), [], 0
    for place, bar in enumerate(bars):
        since, before = bar.start % 86_400, bars[place - 1] if place else bar
        closing = before.start % 86_400 if bar.start - before.start > 3600 else closing
        slot = added.setdefault(-1 if since == closing else since // 1800, [])
        level, value = (levels[-1], log(bar.volume)) if place else (log(bar.volume), log(bar.volume))
        part = slot[-1] if slot else value - level
        above, is_known, size = value - part - level, len(distances) >= BARS, usual(distances, BARS)
        found.append(above / size if is_known and len(slot) >= LEAST else 0.0)
        counted = max(-CAP * size, min(above, CAP * size)) if is_known else above
        distances += [above] if place else []
        slot.append(part + counted / min(len(slot) + 1, BARS))
        levels.append(level + counted / min(len(levels), BARS))
    return found


def above_usual(values: list[float], least: float) -> list[float]:
    """How far each value is above the level of those before it, in usual distances; 0 while that is unknown."""
    level, distances, found = values[0], list[float](), [0.0]
    for value in values[1:]:
        above, is_known, size = value - level, len(distances) >= BARS, usual(distances, BARS, least)
        found.append(above / size if is_known else 0.0)
        distances.append(above)
        part = max(-CAP * size, min(above, CAP * size)) if is_known else above
        level += part / min(len(distances) + 1, BARS)
    return found


def usual(values: list[float], span: int, least: float = 0.0) -> float:
    mean = 0.0
    for number, value in enumerate(values):
        size = min(abs(value), CAP * max(mean, least)) if number >= span else abs(value)
        mean += (size - mean) / min(number + 1, span)
    return max(mean, least)


def test_an_alert_has_the_values_that_made_the_anomaly() -> None:
    rule = read_rule("anomaly()", DEFAULTS)
    rules = SeriesRules({1: ArmedRule(1, 1, rule)}, "AAPL", context())
    fired = [each for bar in moved(walk(200), 150, 1.012) for each in rules.fired(bar)]
    (values,) = [each.values for each in fired]
    assert list(values) == [f"anomaly().{part}" for part in ("spike", "gap", "surge", "frozen", "spread")]
    assert (values["anomaly().spike"] or 0.0) > SPIKE
    assert (values["anomaly().gap"], values["anomaly().frozen"]) == (None, 0.0)
    assert (values["anomaly().surge"] or 0.0) < SURGE
    assert values["anomaly().spread"] is None


def test_an_alert_of_a_blow_out_has_how_wide_the_spread_was() -> None:
    rules = SeriesRules({1: ArmedRule(1, 1, read_rule("anomaly()", DEFAULTS))}, "AAPL", context())
    fired = [each for bar in widened(quoted(walk(200)), 150, 30.0) for each in rules.fired(bar)]
    (values,) = [each.values for each in fired]
    assert (values["anomaly().spread"] or 0.0) > WIDE


def test_the_parts_of_an_anomaly_are_numbers() -> None:
    rule = read_rule("anomaly().surge > 4 and not anomaly()", DEFAULTS)
    assert normal_form(rule) == "anomaly().surge > 4 and not anomaly() on 1m"
    with pytest.raises(RuleError, match=r"anomaly has no part .speed; its parts: .spike, .gap, .surge"):
        read_rule("anomaly().speed > 1", DEFAULTS)
