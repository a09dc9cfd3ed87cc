"""Significance of skill, compared with the formula over full lists, and on series where all skill is luck."""

import json
import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.scoring.significance import (
    BETTER,
    MIN_CLUSTERS,
    NAIVE,
    UNDECIDED,
    WORSE,
    Comparison,
    Difference,
    champion,
    t_quantile,
)

losses = st.lists(st.tuples(st.integers(0, 2), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0)), max_size=60)
"""Days since the pair before, loss of the challenger, loss of no change."""


def add_pairs(comparison: Comparison, pairs: list[tuple[int, float, float]], day: int = 0) -> int:
    for waited, challenger, naive in pairs:
        day += waited
        comparison.add(day, challenger, naive)
    return day


def daily(differences: list[float], times: int = 1) -> Comparison:
    comparison = Comparison(1)
    for day, difference in enumerate([*differences, 0.0]):
        for _ in range(times):
            comparison.add(day, 1.0 + difference, 1.0)
    return comparison


def luck(count: int, seed: int) -> list[float]:
    drawn: list[float] = np.random.default_rng(seed).standard_t(4, count).tolist()
    return drawn


def measured(comparison: Comparison) -> Difference:
    found = comparison.difference()
    assert found is not None
    return found


@given(before=losses, after=losses, days=st.integers(1, 3))
def test_a_restored_comparison_goes_on_bit_for_bit(
    before: list[tuple[int, float, float]], after: list[tuple[int, float, float]], days: int
) -> None:
    unbroken, restored = Comparison(days), Comparison(days)
    day = add_pairs(unbroken, before)
    restored.restore(json.loads(json.dumps(unbroken.state())))
    add_pairs(unbroken, after, day)
    add_pairs(restored, after, day)
    assert restored.state() == unbroken.state()
    assert (restored.difference(), restored.verdict()) == (unbroken.difference(), unbroken.verdict())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("days", [1, 3])
def test_interval_is_that_of_the_formula_over_the_whole_list(seed: int, days: int) -> None:
    random = np.random.default_rng(seed)
    dated = sorted(
        zip(random.integers(0, 200, 900).tolist(), random.normal(5.0, 1.0, 900).tolist(), strict=True)
    )
    comparison = Comparison(days)
    for day, difference in dated:
        comparison.add(day, difference, 0.0)
    comparison.add(1_000, 0.0, 0.0)
    clusters = [np.array([x for _, x in each]) for _, each in groupby(dated, lambda pair: pair[0] // days)]
    mean = np.concatenate(clusters).mean()
    squares = sum(float((each - mean).sum()) ** 2 for each in clusters)
    error = math.sqrt(len(clusters) / (len(clusters) - 1) * squares) / len(dated)
    found = measured(comparison)
    assert found.clusters == len(clusters)
    assert found.mean == pytest.approx(mean)
    assert found.high - found.low == pytest.approx(2 * t_quantile(0.975, len(clusters) - 1) * error)


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(10, 2.22814), (19, 2.09302), (30, 2.04227), (60, 2.00030), (120, 1.97993)]
)
def test_t_quantile_is_that_of_the_printed_tables(freedom: int, quantile: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(quantile, abs=2e-5)


def test_a_model_that_loses_less_every_day_is_better_and_one_that_loses_more_is_worse() -> None:
    assert daily([each / 10 - 1.0 for each in luck(100, seed=0)]).verdict() == BETTER
    assert daily([each / 10 + 1.0 for each in luck(100, seed=0)]).verdict() == WORSE
    assert daily(luck(100, seed=0)).verdict() == UNDECIDED


def test_few_days_decide_nothing_however_clear_they_are() -> None:
    differences = [-1.0] * MIN_CLUSTERS
    assert daily(differences[:-1]).difference() is None
    assert daily(differences[:-1]).verdict() == UNDECIDED
    assert daily(differences).verdict() == BETTER


def test_no_difference_at_all_is_no_proof() -> None:
    even = daily([0.0] * 100)
    assert measured(even)[:4] == (0.0,) * 4
    assert even.verdict() == UNDECIDED
    assert champion({"even": even}) == NAIVE


def test_the_day_that_is_open_does_not_count_yet() -> None:
    comparison = daily(luck(50, seed=2))
    before = comparison.difference()
    comparison.add(50, 1e6, 0.0)
    assert comparison.difference() == before


def test_ten_symbols_that_move_as_one_prove_no_more_than_one() -> None:
    one, ten = measured(daily(luck(200, seed=3))), measured(daily(luck(200, seed=3), times=10))
    assert ten == pytest.approx(one)


def test_a_close_that_comes_late_counts_in_the_open_cluster() -> None:
    late, in_time = daily(luck(30, seed=4)), daily(luck(30, seed=4))
    late.add(3, 2.0, 1.0)
    in_time.add(30, 2.0, 1.0)
    assert late.state() == in_time.state()


def test_a_large_mean_does_not_drown_the_spread() -> None:
    near, far = (
        measured(daily(luck(100, seed=5))),
        measured(daily([1e9 + each for each in luck(100, seed=5)])),
    )
    assert far.high - far.low == pytest.approx(near.high - near.low, rel=1e-5)


def test_one_test_in_twenty_takes_luck_for_skill() -> None:
    decided = [daily(luck(300, seed)).verdict() != UNDECIDED for seed in range(400)]
    assert 0.025 < np.mean(decided) < 0.08


def test_overlapping_forecasts_need_clusters_of_four_times_their_span() -> None:
    def wrong(days: int) -> float:
        verdicts = []
        for seed in range(150):
            comparison = Comparison(days)
            for day, total in enumerate(np.convolve(luck(1_200, seed), np.ones(5), "valid").tolist()):
                comparison.add(day, total, 0.0)
            verdicts.append(comparison.verdict() != UNDECIDED)
        return float(np.mean(verdicts))

    assert wrong(days=1) > 0.2
    assert wrong(days=20) < 0.1


def test_daily_tests_make_few_false_champions() -> None:
    by_one_look = by_all_looks = 0
    for seed in range(100):
        comparison, better, crowned = Comparison(1), False, False
        for day, difference in enumerate(luck(500, seed)):
            comparison.add(day, difference, 0.0)
            better = better or comparison.verdict() == BETTER
            crowned = crowned or champion({"lucky": comparison}) == "lucky"
        by_one_look += better
        by_all_looks += crowned
    assert by_one_look > 10
    assert by_all_looks <= 5


def test_the_best_of_those_proven_is_champion_and_nobody_else() -> None:
    good = daily([each / 10 - 1.0 for each in luck(100, seed=1)])
    best = daily([each / 10 - 2.0 for each in luck(100, seed=2)])
    lucky = daily([each - 0.1 for each in luck(100, seed=3)])
    bad = daily([each / 10 + 1.0 for each in luck(100, seed=4)])
    assert champion({"good": good, "best": best, "lucky": lucky, "bad": bad}) == "best"
    assert champion({"lucky": lucky, "bad": bad}) == NAIVE
    assert champion({}) == NAIVE


def test_a_champion_that_gets_worse_gives_its_place_back() -> None:
    fading = Comparison(1)
    holders = []
    for day, difference in enumerate([-1.0] * 60 + [1.0] * 60):
        fading.add(day, difference + 0.1 * math.sin(day), 0.0)
        holders.append(champion({"fading": fading}))
    assert holders[59] == "fading"
    assert holders[-1] == NAIVE


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_is_refused_and_not_counted(wrong: float) -> None:
    comparison = daily(luck(30, seed=6))
    state = comparison.state()
    with pytest.raises(ValueError, match="finite"):
        comparison.add(31, wrong, 0.0)
    with pytest.raises(ValueError, match="finite"):
        comparison.add(31, 0.0, wrong)
    assert comparison.state() == state


@pytest.mark.parametrize("state", [[], [2, *[0.0] * 9], [1, *[math.nan] * 9], [1, -1, *[0.0] * 8]])
def test_a_stored_comparison_that_does_not_fit_is_refused(state: list[float]) -> None:
    with pytest.raises(ValueError, match="does not fit a comparison"):
        Comparison(1).restore(state)


def test_state_stays_ten_numbers_however_many_days() -> None:
    assert len(daily(luck(2_000, seed=7)).state()) == 10
