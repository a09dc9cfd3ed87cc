"""The filter of whole bars, compared with a plain calculation, and on degenerate bars."""

import json
import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.uncertainty import volatility
from ml.uncertainty.volatility import (
    BURST,
    DEVIATION,
    JUMP,
    LARGEST_RETURN,
    MEMORY,
    PERSISTENCE,
    SMALLEST_SIGMA,
    WARM_AFTER,
    BarVolatility,
)


class Shape(NamedTuple):
    """A bar as logarithms: from the close before to the open, to the close, and its two wicks."""

    gap: float = 0.0
    body: float = 0.0
    upper: float = 0.0
    lower: float = 0.0
    volume: float = 1.0


moves, wicks = st.floats(-3.0, 3.0), st.floats(0.0, 3.0)
shapes = st.lists(st.builds(Shape, moves, moves, wicks, wicks, st.floats(0.0, 1e18)), max_size=60)


def fed(bars: list[Shape], followed: BarVolatility | None = None) -> BarVolatility:
    followed = followed or BarVolatility()
    for gap, body, upper, lower, volume in bars:
        opens, closes = math.exp(gap), math.exp(gap + body)
        high, low = max(opens, closes) * math.exp(upper), min(opens, closes) * math.exp(-lower)
        followed.update(1.0, opens, high, low, closes, volume, 1.0)
    return followed


def sigma_after(bars: list[Shape], horizon: int = 1) -> float:
    return fed(bars).sigmas([1.0] * horizon)[-1]


def ordinary(count: int, sigma: float = 0.01, seed: int = 7) -> list[Shape]:
    drawn = np.random.default_rng(seed).standard_normal((count, 4)) * sigma * [0.4, 0.9, 0.4, 0.4]
    volumes = np.random.default_rng(seed).lognormal(10.0, 0.5, count)
    return [
        Shape(gap, body, abs(upper), abs(lower), volume)
        for (gap, body, upper, lower), volume in zip(drawn.tolist(), volumes.tolist(), strict=True)
    ]


def plain_sigmas(bars: list[Shape]) -> list[float]:
    """The definition written out: every mean is calculated again at every bar, over all bars so far."""
    lengths, sizes, scaled = list[float](), list[float](), list[float]()
    impacts, found = list[float](), list[float]()
    for number, bar in enumerate(bars, start=1):
        sigma = found[-1] if found else 0.0
        limits = [JUMP, BURST]
        if number <= WARM_AFTER:
            largest, burst = LARGEST_RETURN, LARGEST_RETURN * BURST / JUMP
        else:
            expected = max(sigma, DEVIATION * float(np.mean(sizes)), SMALLEST_SIGMA)
            largest, burst = (limit * min(expected, LARGEST_RETURN / JUMP) for limit in limits)
        longest = volatility.WICK * sigma
        path = abs(bar.body) + 2.0 * (min(bar.upper, longest) + min(bar.lower, longest))
        length, size = math.hypot(path, bar.gap), abs(bar.gap + bar.body)
        lengths.append(min(length, largest))
        sizes.append(min(size, largest))
        scaled.append(min(length, burst) * float(np.mean(sizes) / np.mean(lengths)))
        fall = min(size, burst) if bar.gap + bar.body < 0.0 else 0.0
        impacts.append((scaled[-1] + volatility.FALL * fall) / (1.0 + volatility.FALL / 2.0))
        if number < WARM_AFTER:
            found.append(DEVIATION * float(np.mean(sizes)))
            continue
        later = np.array(impacts[WARM_AFTER:])
        weights = volatility.FADE ** np.arange(len(later))[::-1]
        recent = np.mean(impacts[:WARM_AFTER]) * volatility.FADE ** len(later)
        recent += (1.0 - volatility.FADE) * float(later @ weights)
        busy = plain_busy([each.volume for each in bars[:number]])
        mean = volatility.LONG * np.mean(sizes) + volatility.LAST * scaled[-1] * busy
        found.append(float(DEVIATION * (mean + volatility.RECENT * recent)))
    return found


def plain_busy(volumes: list[float]) -> float:
    """The newest volume as a multiple of the mean of those before it."""
    first = volumes[: volatility.VOLUMES]
    if len(volumes) <= volatility.VOLUMES:
        mean = np.mean(first[:-1])
    else:
        fade = 1.0 - 1.0 / volatility.VOLUMES
        later = np.array(volumes[volatility.VOLUMES : -1])
        mean = np.mean(first) * fade ** len(later)
        mean += (1.0 - fade) * float(later @ fade ** np.arange(len(later))[::-1])
    return float(np.clip(volumes[-1] / mean, volatility.QUIETEST, volatility.BUSIEST))


@given(before=shapes, after=shapes)
def test_a_restored_filter_goes_on_bit_for_bit(before: list[Shape], after: list[Shape]) -> None:
    unbroken, restored = fed(before), BarVolatility()
    restored.restore(json.loads(json.dumps(unbroken.state())))
    for bar in after:
        fed([bar], unbroken)
        fed([bar], restored)
        assert restored.sigmas([1.0] * 5) == unbroken.sigmas([1.0] * 5)
    assert restored.state() == unbroken.state()


@given(bars=shapes)
def test_sigma_is_finite_and_positive_whatever_the_bars_are(bars: list[Shape]) -> None:
    followed = BarVolatility()
    for bar in bars:
        fed([bar], followed)
        assert all(SMALLEST_SIGMA <= sigma < math.inf for sigma in followed.sigmas([0.1, 1.0, 10.0]))


def test_sigma_is_that_of_the_definition_written_out_at_every_bar() -> None:
    bars = ordinary(200)
    bars[120] = Shape(0.0, 0.001, 3.0, 0.0, 1e9)
    bars[150] = Shape(-0.2, -0.1, 0.0, 0.01, 1.0)
    followed, expected = fed(bars[: WARM_AFTER - 1]), plain_sigmas(bars)
    for number in range(WARM_AFTER - 1, len(bars)):
        fed([bars[number]], followed)
        assert followed.sigmas([1.0]) == pytest.approx([expected[number]], rel=1e-9)


def test_sigma_over_bars_is_the_sum_of_the_variances_expected_of_each() -> None:
    followed = fed([*ordinary(100), Shape(-0.08)])
    _, size, _, _, sigma, *_ = followed.state()
    long, expected = (DEVIATION * size) ** 2, [sigma**2]
    for _ in range(9):
        expected.append(long + PERSISTENCE * (expected[-1] - long))
    sums = np.cumsum(expected)
    assert followed.sigmas([1.0] * 10) == pytest.approx(np.sqrt(sums).tolist(), rel=1e-12)


def test_there_is_no_sigma_before_twenty_returns() -> None:
    bars = ordinary(WARM_AFTER)
    assert fed([]).sigmas([1.0]) == []
    assert fed(bars[:-1]).sigmas([1.0]) == []
    assert 0.003 < sigma_after(bars) < 0.03


def test_sigma_is_the_deviation_of_normal_returns() -> None:
    assert sigma_after(ordinary(2_000), 1_000) / math.sqrt(1_000) == pytest.approx(0.01, rel=0.1)


def test_a_bar_that_went_far_and_came_back_widens_although_its_return_is_zero() -> None:
    quiet = sigma_after([*ordinary(100), Shape()])
    restless = sigma_after([*ordinary(100), Shape(0.0, 0.0, 0.02, 0.02)])
    assert restless > 1.1 * quiet


def test_a_fall_widens_more_than_a_rise_of_the_same_size() -> None:
    rise, fall = (sigma_after([*ordinary(100), Shape(0.0, body), Shape()]) for body in (0.03, -0.03))
    assert fall > 1.1 * rise


def test_a_move_with_much_volume_widens_more_and_an_unknown_volume_counts_as_usual() -> None:
    past = [each._replace(volume=100.0) for each in ordinary(100)]
    little, usual, much, unknown = (
        sigma_after([*past, Shape(0.0, 0.03, volume=volume)]) for volume in (1.0, 100.0, 1e4, 0.0)
    )
    assert little < unknown == usual < much


def test_a_split_changes_nothing_but_the_unit_of_the_volume() -> None:
    past, bar = ordinary(100), Shape(0.0, 0.02, volume=8_000.0)
    plain, divided = fed(past), fed(past)
    divided.split(4.0)
    fed([bar], plain)
    fed([bar._replace(volume=32_000.0)], divided)
    assert divided.state()[:-1] == plain.state()[:-1]


def test_bars_of_one_price_follow_the_gaps_between_them() -> None:
    gaps = [Shape(each.gap / 0.4) for each in ordinary(300)]
    assert sigma_after(gaps) == pytest.approx(0.01, rel=0.4)
    assert sigma_after([*gaps, *[Shape(0.0)] * 60]) < 0.003


def test_a_price_that_stands_still_keeps_a_sigma_above_zero() -> None:
    still = [Shape(0.0)] * 500
    assert sigma_after(still) == SMALLEST_SIGMA
    assert sigma_after(still, 9) == pytest.approx(3 * SMALLEST_SIGMA)
    assert SMALLEST_SIGMA <= sigma_after([*still, Shape(0.01)]) < 10 * SMALLEST_SIGMA


def test_a_price_that_moves_again_after_a_long_rest_has_its_sigma_soon() -> None:
    assert 0.003 < sigma_after([*[Shape(0.0)] * 200, *ordinary(120)]) < 0.02


@pytest.mark.parametrize("jump", [math.log(10.0), -math.log(10.0), 300.0])
def test_a_jump_counts_as_some_deviations_and_is_over_in_some_months(jump: float) -> None:
    bars = ordinary(250)
    before = sigma_after(bars)
    assert 1.2 * before < sigma_after([*bars, Shape(jump)]) < 3.0 * before
    assert sigma_after([*bars, Shape(jump), *ordinary(120, seed=8)]) < 1.5 * before


@pytest.mark.parametrize("wick", [0.5, 10.0, 300.0])
def test_a_wrong_high_or_low_counts_as_a_part_of_a_deviation(wick: float) -> None:
    bars = ordinary(250)
    usual = sigma_after([*bars, Shape(0.0, 0.005, 0.005, 0.005)])
    for wrong in (Shape(0.0, 0.005, wick, 0.005), Shape(0.0, 0.005, 0.005, wick)):
        assert usual <= sigma_after([*bars, wrong]) < 1.2 * usual


def test_a_wrong_high_among_the_first_bars_is_forgotten_at_once() -> None:
    bars = ordinary(60)
    wrong = [bars[0]._replace(upper=5.0), *bars[1:]]
    assert sigma_after(wrong) == pytest.approx(sigma_after(bars), rel=0.05)


def test_a_jump_among_the_first_returns_is_taken_as_tenfold_at_most() -> None:
    early = sigma_after([Shape(300.0), *[Shape()] * (WARM_AFTER - 1)])
    assert early < DEVIATION * math.log(10.0) / WARM_AFTER


def test_a_wilder_past_fades_from_the_long_mean_with_its_memory() -> None:
    calm, wild = 0.01, 0.05
    expected = calm + (wild - calm) * math.exp(-4)
    long_run = sigma_after([*ordinary(MEMORY, wild), *ordinary(4 * MEMORY, calm)], 10_000)
    assert long_run / math.sqrt(10_000) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 0.0, -1.0])
@pytest.mark.parametrize("place", range(5))
def test_a_price_that_is_none_is_refused_and_changes_nothing(wrong: float, place: int) -> None:
    followed = fed(ordinary(30))
    state = followed.state()
    before, opens, high, low, closes = (wrong if each == place else 1.0 for each in range(5))
    with pytest.raises(ValueError, match="positive and finite"):
        followed.update(before, opens, high, low, closes, 1.0, 1.0)
    assert followed.state() == state


@pytest.mark.parametrize(
    "state",
    [
        [],
        [1.0, 2.0],
        [1, math.nan, 0.1, 0.1, 0.1, 1, 5.0],
        [-1, 0.1, 0.1, 0.1, 0.1, 1, 5.0],
        [5, 0.1, -0.1, 0.1, 0.1, 1, 5.0],
        [1.5, 0.1, 0.1, 0.1, 0.1, 1, 5.0],
        [5, 0.1, 0.1, 0.1, 0.1, 1.5, 5.0],
        [5, 0.1, 0.1, 0.1, 0.1, 1, 5.0, 6.0],
    ],
)
def test_a_state_that_is_not_the_filters_is_refused(state: list[float]) -> None:
    with pytest.raises(ValueError, match="stored state"):
        BarVolatility().restore(state)
