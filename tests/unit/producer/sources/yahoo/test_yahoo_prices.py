"""Prices without the extra digits of 32-bit floats."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.sources.yahoo.prices import plain_price


def widened(price: float) -> float:
    return float(np.float32(price))


@given(st.integers(1, 999_999), st.integers(0, 4))
def test_a_price_of_six_digits_comes_back_as_it_was(digits: int, decimals: int) -> None:
    price = round(digits / 10**decimals, decimals)
    assert plain_price(widened(price), max(0, decimals - 2)) == price


@pytest.mark.parametrize(
    ("wire", "hint", "plain"),
    [
        (332.7950134277344, 2, 332.795),
        (86416.3984375, 2, 86416.4),
        (12345678.0, 2, 12345678.0),
        (745123.45, 2, 745123.45),
        (1.1220825910568237, 4, 1.1220826),
        (widened(0.0712345), 4, 0.0712345),
        (widened(0.07123455), 4, 0.07123455),
        (widened(307.20003), 2, 307.2),
        (widened(0.0000123456), 2, 0.0000123456),
        (0.076522574, 6, 0.07652257),
    ],
)
def test_known_prices(wire: float, hint: int, plain: float) -> None:
    assert plain_price(wire, hint) == plain


@pytest.mark.parametrize("ratio", [2.0, 3.0, 4.0, 7.0, 10.0, 1.5, 0.1])
@given(cents=st.integers(100, 99_999))
def test_a_price_before_a_split_comes_back_in_cents(ratio: float, cents: int) -> None:
    paid = cents / 100
    assert round(plain_price(widened(paid / ratio), 2, ratio), 2) == paid


@pytest.mark.parametrize("price", [0.0, -1.0, math.inf, -math.inf, 1e300])
def test_invalid_price_is_left_out(price: float) -> None:
    assert plain_price(price, 2) == price
    assert math.isnan(plain_price(math.nan, 2))
