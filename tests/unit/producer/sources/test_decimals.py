"""Decimals: enough to distinguish neighbouring prices, never fewer than two."""

import pytest

from producer.sources.decimals import decimals_of


@pytest.mark.parametrize(
    ("price", "decimals"),
    [
        (67187.34, 2),
        (1000.0, 2),
        (999.5, 3),
        (151.324, 3),
        (1.08451, 5),
        (0.98765, 6),
        (2.7614e-05, 10),
        (1.2345e-09, 14),
        (1e-300, 16),
    ],
)
def test_six_digits_of_a_price_are_shown(price: float, decimals: int) -> None:
    assert decimals_of(price) == decimals
