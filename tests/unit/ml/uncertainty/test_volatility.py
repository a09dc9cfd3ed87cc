"""The variance filter, compared with a plain calculation, and on degenerate series."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.uncertainty.volatility import (
    ALPHA,
    BETA,
    GAMMA,
    JUMP,
    MEMORY,
    PERSISTENCE,
    SMALLEST_SIGMA,
    WARM_AFTER,
    VarianceFilter,
)

returns = st.lists(st.floats(min_value=-5.0, max_value=5.0), max_size=60)


def fed(log_returns: list[float]) -> VarianceFilter:
    followed = VarianceFilter()
    for log_return in log_returns:
        followed.update(log_return)
    return followed


def ordinary(count: int, sigma: float = 0.01, seed: int = 7) -> list[float]:
    drawn: list[float] = (sigma * np.random.default_rng(seed).standard_normal(count)).tolist()
    return drawn


def plain_variance(log_returns: list[float]) -> float:
    """The recursion written out: what each bar added, faded by BETA for each bar since."""
    squares = np.square(log_returns)
    targets = np.cumsum(squares) / np.arange(1, len(squares) + 1)
    impacts = np.where(np.array(log_returns) < 0.0, ALPHA + GAMMA, ALPHA)
    added = ((1 - PERSISTENCE) * targets + impacts * squares)[WARM_AFTER:]
    faded = BETA ** np.arange(len(added))[::-1]
    return float(targets[WARM_AFTER - 1] * BETA ** len(added) + added @ faded)


@given(before=returns, after=returns)
def test_a_restored_filter_goes_on_bit_for_bit(before: list[float], after: list[float]) -> None:
    unbroken, restored = fed(before), VarianceFilter()
    restored.restore(json.loads(json.dumps(unbroken.state())))
    for log_return in after:
        unbroken.update(log_return)
        restored.update(log_return)
        assert restored.sigma(5) == unbroken.sigma(5)
    assert restored.state() == unbroken.state()


def test_sigma_is_that_of_the_recursion_written_out_at_every_bar() -> None:
    series = ordinary(300)
    followed = fed(series[: WARM_AFTER - 1])
    for count in range(WARM_AFTER, len(series)):
        followed.update(series[count - 1])
        assert followed.sigma(1) == pytest.approx(math.sqrt(plain_variance(series[:count])), rel=1e-12)


def test_sigma_over_bars_is_the_sum_of_the_variances_expected_of_each() -> None:
    followed = fed([*ordinary(100), -0.08])
    _, target, variance = followed.state()
    expected = [variance]
    for _ in range(9):
        expected.append(target + PERSISTENCE * (expected[-1] - target))
    for horizon in range(1, 11):
        assert followed.sigma(horizon) == pytest.approx(math.sqrt(sum(expected[:horizon])), rel=1e-12)


def test_there_is_no_sigma_before_twenty_returns() -> None:
    series = ordinary(WARM_AFTER)
    assert fed([]).sigma(1) is None
    assert fed(series[:-1]).sigma(1) is None
    assert fed(series).sigma(1) == pytest.approx(float(np.sqrt(np.mean(np.square(series)))))


def test_a_fall_widens_more_than_a_rise_of_the_same_size() -> None:
    rise, fall = fed([*ordinary(100), 0.05]).sigma(1), fed([*ordinary(100), -0.05]).sigma(1)
    assert rise is not None
    assert fall is not None
    assert fall > 1.5 * rise


def test_a_price_that_stands_still_keeps_a_sigma_above_zero() -> None:
    still = fed([0.0] * 500)
    assert still.sigma(1) == SMALLEST_SIGMA
    assert still.sigma(9) == pytest.approx(3 * SMALLEST_SIGMA)
    still.update(0.01)
    assert still.sigma(1) == pytest.approx(SMALLEST_SIGMA * JUMP * math.sqrt(ALPHA), rel=0.01)


@pytest.mark.parametrize("jump", [math.log(10.0), -math.log(10.0), 700.0])
def test_a_jump_counts_as_ten_deviations_and_is_over_in_some_months(jump: float) -> None:
    series = ordinary(250)
    before = fed(series).sigma(1)
    after = fed([*series, jump]).sigma(1)
    later = fed([*series, jump, *ordinary(120, seed=8)]).sigma(1)
    assert before is not None
    assert after is not None
    assert later is not None
    assert 1.5 * before < after < 4.0 * before
    assert later < 1.5 * before


def test_a_jump_among_the_first_returns_is_taken_as_tenfold_at_most() -> None:
    early = fed([1e300, *[0.0] * (WARM_AFTER - 1)]).sigma(1)
    assert early == pytest.approx(math.log(10.0) / math.sqrt(WARM_AFTER))


def test_a_wilder_past_fades_from_the_target_with_its_memory() -> None:
    calm, wild = 0.01, 0.05
    expected = math.sqrt(calm**2 + (wild**2 - calm**2) * math.exp(-4))
    long_run = fed([*ordinary(MEMORY, wild), *ordinary(4 * MEMORY, calm)]).sigma(10_000)
    assert long_run is not None
    assert long_run / math.sqrt(10_000) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_a_return_that_is_no_number_is_refused_and_changes_nothing(wrong: float) -> None:
    followed = fed(ordinary(30))
    state = followed.state()
    with pytest.raises(ValueError, match="finite"):
        followed.update(wrong)
    assert followed.state() == state


@pytest.mark.parametrize(
    "state",
    [[], [1.0, 2.0], [1, math.nan, 0.1], [-1, 0.1, 0.1], [5, 0.1, -0.1], [1, 2, 3, 4], [1.5, 0.1, 0.1]],
)
def test_a_state_that_is_not_the_filters_is_refused(state: list[float]) -> None:
    with pytest.raises(ValueError, match="stored state"):
        VarianceFilter().restore(state)


def test_state_stays_three_numbers_however_long_the_series() -> None:
    assert len(fed(ordinary(5_000)).state()) == 3
