"""Indicators of prices that are very small or very large: the same as of others, in their unit."""

from collections.abc import Iterator
from math import nan
from random import Random

import pytest

from analytics.indicators.catalog import CATALOG
from analytics.indicators.indicator_row import factors_of
from analytics.indicators.spec import Spec
from shared.market.records import Bar
from tests.inputs.records import context, flat_bar, periods

COUNT = 250


def bars(scale: float) -> Iterator[Bar]:
    """Ten-minute bars of a price of 100 in steps of a cent, times the scale."""
    chance, cents = Random(5), 10_000
    for number in range(COUNT):
        opened, cents = cents, max(100, round(cents * (1.0 + chance.gauss(0.0, 0.01))))
        high = max(opened, cents) + chance.randrange(30)
        low = min(opened, cents) - chance.randrange(30)
        first, top, bottom, last = (scale * each / 100 for each in (opened, high, low, cents))
        bar = flat_bar(last)._replace(open=first, high=top, low=bottom, volume=float(chance.randrange(1_000)))
        yield bar._replace(start=600 * number, end=600 * number + 600)


def values(spec: Spec, scale: float) -> list[float]:
    """All values of an indicator, in those of a price of the scale 1; NaN where there is none."""
    indicator, factors = spec.make(periods(), context()), factors_of(scale, 1.0)
    found = [indicator.update(bar) for bar in bars(scale)]
    rows = [row if isinstance(row, tuple) else (row,) * len(spec.outputs) for row in found]
    return [
        nan if value is None else value / factors[output.unit]
        for row in rows
        for value, output in zip(row, spec.outputs, strict=True)
    ]


@pytest.mark.parametrize("scale", [1e-9, 1e7])
@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_price_of_another_size_has_the_same_values(spec: Spec, scale: float) -> None:
    """Reported to TA-Lib (#157, #637, #243), where RSI, deviations and bands of a price of 0.0000002 are 0, to
    Highcharts (#14202) and to pandas-ta (#518)."""
    assert values(spec, scale) == pytest.approx(values(spec, 1.0), rel=1e-6, abs=1e-7, nan_ok=True)
