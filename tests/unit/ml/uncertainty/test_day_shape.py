"""The factors of the parts of a day, compared with plain means."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.uncertainty.day_shape import CLOSING, LARGEST, MEMORY_DAYS, PRIOR_DAYS, SMALLEST, SURPRISE, DayShape

steps = st.lists(st.tuples(st.floats(0.0, 1e9), st.integers(-1, 3)), max_size=60)
"""The surprise of a return, and the part of the next one."""


def followed(given_steps: list[tuple[float, int]], shape: DayShape) -> DayShape:
    for surprise, part in given_steps:
        shape.follow(surprise, (part,))
    return shape


def test_a_part_without_returns_has_the_factor_one() -> None:
    shape = DayShape(6)
    assert shape.factor == 1.0
    assert shape.follow(1.0, (2, 2, 3)) == [1.0, 1.0, 1.0]


def test_a_factor_is_the_mean_of_the_surprises_with_the_weight_of_the_prior_days() -> None:
    shape, bars = DayShape(6), 6
    shape.follow(1.0, (4, 4))
    sizes = np.random.default_rng(2).uniform(0.5, 3.0, 100)
    for size in sizes.tolist():
        shape.follow(size / shape.factor, (4, 4))
    prior = PRIOR_DAYS * bars
    assert shape.factor == pytest.approx((prior + sizes.sum()) / (prior + len(sizes)), rel=1e-12)


def test_the_closing_part_learns_as_much_from_a_day_as_a_part_of_many_bars() -> None:
    day, shape = 6, DayShape(6)
    for _ in range(20):
        shape.follow(1.0, (CLOSING,))
        for _ in range(day):
            shape.follow(3.0 / shape.factor, (1,))
        shape.follow(3.0 / shape.factor, (0,))
    (closing,), (other,) = shape.follow(1.0, (CLOSING,)), shape.follow(1.0, (1,))
    assert closing == pytest.approx(other, rel=0.1)
    assert closing > 2.0


def test_an_event_counts_as_some_times_the_expected_size() -> None:
    shape = DayShape(1)
    shape.follow(1.0, (3,))
    shape.follow(1e9, (3,))
    assert shape.factor == pytest.approx((PRIOR_DAYS + SURPRISE) / (PRIOR_DAYS + 1))


def test_old_days_fade() -> None:
    shape = DayShape(1)
    for size in (3.0, 0.5):
        for _ in range(5 * MEMORY_DAYS):
            shape.follow(size / shape.factor, (0,))
    assert shape.factor == pytest.approx(0.5, rel=0.05)


@given(before=steps, after=steps)
def test_a_restored_shape_goes_on_bit_for_bit(
    before: list[tuple[float, int]], after: list[tuple[float, int]]
) -> None:
    unbroken, restored = followed(before, DayShape(6)), DayShape(6)
    restored.restore(json.loads(json.dumps(unbroken.state())))
    assert followed(after, restored).state() == followed(after, unbroken).state()
    assert restored.factor == unbroken.factor


@given(given_steps=steps)
def test_factors_are_positive_and_finite_whatever_comes(given_steps: list[tuple[float, int]]) -> None:
    shape = followed(given_steps, DayShape(6))
    assert all(SMALLEST <= factor <= LARGEST for factor in shape.follow(1.0, (-1, 0, 1, 2, 3)))


def test_a_part_in_which_nothing_moved_for_years_can_rise_again() -> None:
    shape = followed([(0.0, 1)] * 50_000, DayShape(6))
    assert shape.factor == SMALLEST
    assert followed([(SURPRISE, 1)] * 600, shape).factor > 1.0


@pytest.mark.parametrize("state", [[], [[1, 2]], [[1], [1, 2]], [[1], [1, 2, math.nan]], [[1], [1, -2, 1.0]]])
def test_a_state_that_does_not_fit_is_refused(state: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="stored shape"):
        DayShape(6).restore(state)
