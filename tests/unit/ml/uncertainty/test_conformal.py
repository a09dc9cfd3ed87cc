"""Intervals with the intended coverage, learned only from closes that have arrived."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.uncertainty.conformal import MAX_WIDTH_RATIO, RATE, Forecast, PendingForecasts, Pool, bounds

LEVELS = (0.5, 0.8, 0.95)
NORMAL = (0.6744897501960817, 1.2815515655446008, 1.959963984540054)
scores = st.floats(min_value=0.0, max_value=1e6)
rounds = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), scores), max_size=40)
"""Seconds since the score before, horizon, score."""


def pool() -> Pool:
    return Pool(3, LEVELS)


def taught(learner: Pool, steps: list[tuple[int, int, float]], time: int = 0) -> int:
    for waited, horizon, score in steps:
        time += waited
        learner.learn(time, horizon, score)
    return time


def forecast_at(horizon: int, origin: float = 100.0, mean: float = 101.0) -> Forecast:
    return Forecast(horizon, origin, mean, 0.01 * math.sqrt(horizon), NORMAL)


def plain_widths(score_rounds: list[list[float]]) -> list[float]:
    """The rule with numpy, a level at a time."""
    found = []
    for level, normal in zip(LEVELS, NORMAL, strict=True):
        width = normal
        for each in score_rounds:
            step = RATE * normal * (np.mean(np.array(each) > width) - (1 - level))
            width = float(np.clip(width + step, normal / MAX_WIDTH_RATIO, normal * MAX_WIDTH_RATIO))
        found.append(width)
    return list(np.maximum.accumulate(found))


@given(before=rounds, after=rounds)
def test_a_restored_pool_goes_on_bit_for_bit(
    before: list[tuple[int, int, float]], after: list[tuple[int, int, float]]
) -> None:
    unbroken, restored = pool(), pool()
    time = taught(unbroken, before)
    restored.restore(json.loads(json.dumps(unbroken.state())))
    taught(unbroken, after, time)
    taught(restored, after, time)
    assert restored.state() == unbroken.state()
    assert [restored.widths(h) for h in (1, 2, 3)] == [unbroken.widths(h) for h in (1, 2, 3)]


@given(score_rounds=st.lists(st.lists(scores, min_size=1, max_size=4), max_size=30))
def test_widths_are_those_of_the_rule_written_plainly(score_rounds: list[list[float]]) -> None:
    learner = pool()
    for time, each in enumerate(score_rounds):
        for score in each:
            learner.learn(time, 1, score)
    assert learner.widths(1) == pytest.approx(plain_widths(score_rounds[:-1]), rel=1e-9)
    assert learner.widths(2) == pytest.approx(NORMAL)


@pytest.mark.parametrize("freedom", [3, 5, 100])
def test_intervals_hold_their_share_whatever_the_tails_are(freedom: int) -> None:
    drawn = np.abs(np.random.default_rng(3).standard_t(freedom, 8_000))
    learner = Pool(1, LEVELS)
    inside = np.zeros(3)
    for time, score in enumerate(drawn.tolist()):
        inside += [score <= width for width in learner.widths(1)]
        learner.learn(time, 1, score)
    assert inside / len(drawn) == pytest.approx(LEVELS, abs=0.01)


def test_intervals_find_back_to_their_share_when_scores_double() -> None:
    drawn = np.abs(np.random.default_rng(4).standard_normal(4_000)) * np.repeat([1.0, 2.0], 2_000)
    learner = Pool(1, LEVELS)
    inside = []
    for time, score in enumerate(drawn.tolist()):
        inside.append(score <= learner.widths(1)[-1])
        learner.learn(time, 1, score)
    assert np.mean(inside[2_000:2_100]) > 0.8
    assert np.mean(inside[2_100:]) == pytest.approx(0.95, abs=0.01)


@given(score_round=st.lists(scores, min_size=1, max_size=6), data=st.data())
def test_neither_order_nor_number_of_symbols_alike_matters_within_a_round(
    score_round: list[float], data: st.DataObject
) -> None:
    one, other = Pool(1, LEVELS), Pool(1, LEVELS)
    for score in score_round:
        one.learn(60, 1, score)
    for score in data.draw(st.permutations(score_round)) * 2:
        other.learn(60, 1, score)
    one.learn(120, 1, 0.0)
    other.learn(120, 1, 0.0)
    assert one.widths(1) == other.widths(1)


def test_a_score_that_comes_late_counts_in_the_open_round() -> None:
    late, in_time = Pool(1, LEVELS), Pool(1, LEVELS)
    for time in (60, 120, 60, 180):
        late.learn(time, 1, 3.0)
    for time in (60, 120, 120, 180):
        in_time.learn(time, 1, 3.0)
    assert late.state() == in_time.state()


@pytest.mark.parametrize(("score", "factor"), [(0.0, 1 / MAX_WIDTH_RATIO), (1e300, MAX_WIDTH_RATIO)])
def test_widths_stay_within_reach_of_the_normal_ones_whatever_comes(score: float, factor: float) -> None:
    learner = Pool(1, LEVELS)
    for time in range(5_000):
        learner.learn(time, 1, score)
    assert learner.widths(1) == pytest.approx([factor * normal for normal in NORMAL])


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -0.1])
def test_a_score_that_is_none_is_refused_and_changes_nothing(wrong: float) -> None:
    learner = pool()
    learner.learn(1, 1, 2.0)
    state = learner.state()
    with pytest.raises(ValueError, match="finite"):
        learner.learn(2, 1, wrong)
    assert learner.state() == state


@pytest.mark.parametrize("levels", [(0.8, 0.5), (0.5, 0.5), (0.0, 0.5), (0.95, 1.0)])
def test_levels_must_rise_between_none_and_all(levels: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rising levels"):
        Pool(1, levels)


@pytest.mark.parametrize(
    "row",
    [
        [],
        [0, 0, 0, 0.7],
        [0, 0, 1, 0, 0, *NORMAL],
        [0, 1, 0, 0, 0, 0.1, 1.3, 2.0],
        [0, 0, 0, 0, 0, 9, 9, math.nan],
    ],
)
def test_a_state_of_other_levels_or_out_of_range_is_refused(row: list[float]) -> None:
    with pytest.raises(ValueError, match="stored"):
        Pool(1, LEVELS).restore([row])
    with pytest.raises(ValueError, match="does not fit"):
        pool().restore([row])


def test_interval_lies_around_the_price_and_a_higher_level_holds_a_lower_one() -> None:
    found = pool().interval(100.0, 0.02, 1)
    assert found[0.95] == pytest.approx((100 * math.exp(-0.02 * NORMAL[2]), 100 * math.exp(0.02 * NORMAL[2])))
    assert (
        found[0.95][0]
        < found[0.8][0]
        < found[0.5][0]
        < 100.0
        < found[0.5][1]
        < found[0.8][1]
        < found[0.95][1]
    )
    assert bounds(1e-8, 5.0, 4.0)[0] > 0.0


@given(issued=st.lists(st.lists(st.integers(1, 4), max_size=3), max_size=25))
def test_a_forecast_arrives_as_many_bars_later_as_it_looks_ahead_and_once(issued: list[list[int]]) -> None:
    waiting = PendingForecasts()
    arrived = []
    for bar in range(len(issued) + 4):
        arrived += [(int(forecast.origin), forecast.horizon, bar) for forecast in waiting.advance()]
        horizons = issued[bar] if bar < len(issued) else []
        waiting.issue([forecast_at(horizon, origin=bar + 1) for horizon in horizons])
    made = [(bar + 1, horizon, bar + horizon) for bar, horizons in enumerate(issued) for horizon in horizons]
    assert sorted(arrived) == sorted(made)


@given(
    common=st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=15),
    one=st.lists(st.floats(-0.2, 0.2), max_size=5),
    other=st.lists(st.floats(-0.2, 0.2), max_size=5),
)
def test_no_interval_depends_on_closes_after_it_was_made(
    common: list[float], one: list[float], other: list[float]
) -> None:
    assert intervals([*common, *one])[: len(common)] == intervals([*common, *other])[: len(common)]


def intervals(log_returns: list[float]) -> list[dict[float, tuple[float, float]]]:
    """The interval three bars ahead, issued at every close."""
    learner, waiting, close, found = pool(), PendingForecasts(), 100.0, []
    for time, log_return in enumerate(log_returns):
        close *= math.exp(log_return)
        for forecast in waiting.advance():
            learner.learn(time, forecast.horizon, forecast.score(close))
        waiting.issue([forecast_at(horizon, close, close) for horizon in (1, 2, 3)])
        found.append(learner.interval(close, 0.01, 3))
    return found


def test_a_width_learns_from_a_score_three_bars_ahead_no_bar_sooner() -> None:
    widths = [each[0.95][1] / 100.0 for each in intervals([0.0] * 6)]
    # Made at bar 0, known at bar 3, and its round is over at bar 4.
    assert widths[0] == widths[1] == widths[2] == widths[3] > widths[4] > widths[5]


@given(horizons=st.lists(st.lists(st.integers(1, 5), max_size=3), max_size=8))
def test_forecasts_that_wait_are_restored_bit_for_bit(horizons: list[list[int]]) -> None:
    unbroken, restored = PendingForecasts(), PendingForecasts()
    for each in horizons:
        unbroken.advance()
        unbroken.issue([forecast_at(horizon, 100.0 / 3.0) for horizon in each])
    restored.restore(json.loads(json.dumps(unbroken.state())))
    assert restored.state() == unbroken.state()
    assert [restored.advance() for _ in range(5)] == [unbroken.advance() for _ in range(5)]


def test_pending_forecasts_are_bounded_however_long_the_series() -> None:
    waiting = PendingForecasts()
    for _ in range(500):
        waiting.advance()
        waiting.issue([forecast_at(horizon) for horizon in range(1, 6)])
    assert len(waiting.state()) == 1 + 5 * 6 // 2


def test_a_split_divides_pending_forecasts_and_leaves_the_score_as_it_was() -> None:
    waiting, whole = PendingForecasts(), forecast_at(1)
    waiting.issue([whole])
    waiting.split(4.0)
    (after,) = waiting.advance()
    assert (after.origin, after.mean) == (25.0, 25.25)
    assert after.score(26.0) == pytest.approx(whole.score(104.0))


@pytest.mark.parametrize(
    "state",
    [
        [],
        [[3, 1]],
        [[3], [4, 1, 100.0]],
        [[3], [3, 1, 100.0, 100.0, 0.1, 1.0]],
        [[3], [9, 1, 100.0, 100.0, 0.1, 1.0]],
        [[3], [4, 1, 100.0, math.nan, 0.1, 1.0]],
    ],
)
def test_stored_forecasts_that_do_not_fit_are_refused(state: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="stored pending forecasts"):
        PendingForecasts().restore(state)
