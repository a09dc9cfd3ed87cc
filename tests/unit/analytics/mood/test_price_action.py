"""The price action of a symbol: how strongly its last bar moved."""

from math import exp

import pytest

from analytics.mood.price_action import RETURNS, price_action

UP_AND_DOWN = [100.0 * exp(0.01 * (place % 2)) for place in range(RETURNS + 1)]
EVEN = [1_000.0] * (RETURNS + 2)


def after(move: float) -> list[float]:
    return [*UP_AND_DOWN, UP_AND_DOWN[-1] * exp(move)]


def test_rise_is_positive_and_fall_negative_by_the_same_amount() -> None:
    rise, fall = price_action(after(0.02), EVEN), price_action(after(-0.02), EVEN)
    assert rise is not None and fall is not None
    assert 0.5 < rise < 1.0
    assert rise == pytest.approx(-fall)


def test_move_with_much_volume_counts_more_than_one_with_little() -> None:
    much, little = [*EVEN[:-1], 5_000.0], [*EVEN[:-1], 100.0]
    scores = [price_action(after(0.01), volumes) for volumes in (little, EVEN, much)]
    assert scores == sorted(scores, key=lambda each: each or 0.0)
    assert len(set(scores)) == 3


def test_breadth_counts_for_a_fifth() -> None:
    alone = price_action(after(0.0), EVEN)
    assert alone == 0.0
    assert price_action(after(0.0), EVEN, breadth=-1.0) == pytest.approx(-0.2)


@pytest.mark.parametrize("closes", [[], UP_AND_DOWN, [0.0, *after(0.01)[1:]], [100.0] * (RETURNS + 2)])
def test_price_action_is_unknown_without_enough_prices_that_move(closes: list[float]) -> None:
    assert price_action(closes, EVEN) is None


def test_prices_without_volumes_have_a_price_action() -> None:
    assert price_action(after(0.02), [0.0] * (RETURNS + 2)) == price_action(after(0.02), EVEN)
