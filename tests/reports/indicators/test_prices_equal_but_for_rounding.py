"""Prices that are equal in their decimals and differ in their last binary digits: over a split, and as other programs
write them."""

from math import nan
from pathlib import Path

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.catalog import CATALOG
from analytics.indicators.spec import Spec
from analytics.indicators.volume.obv import OBV
from shared.market.records import Record
from tests.inputs.records import bars_of, context, flat_bar, folded, mark, periods, quote, second, split
from tests.reports.recordings.recorded_rows import BARS, bars, file_of

OLD, NEW, RATIO = 0.15, 0.05, 3.0
OPEN = second("2024-01-03T15:00")
WARM = 120


def values(spec: Spec, first: float, ratio: float) -> list[float]:
    """The values of an indicator of a price that stands still, and is `NEW` after a split; NaN where it has none."""
    indicator = spec.make(periods(), context())
    for _ in range(WARM):
        indicator.update(flat_bar(first)._replace(volume=RATIO / ratio))
    indicator.split(ratio)
    found = [indicator.update(flat_bar(NEW)._replace(volume=RATIO)) for _ in range(WARM)]
    rows = [value if isinstance(value, tuple) else (value,) for value in found]
    return [nan if value is None else value for row in rows for value in row]


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_price_that_stands_still_over_a_split_has_the_values_of_one_without(spec: Spec) -> None:
    """Reported to TTR (#11), ta (#269) and pandas-ta (#671): indicators took prices for different that are equal. Here
    an RSI of 100, a z-score of 4.5 and a CCI of 1,333, a new trend, and a volume too many in OBV came of it."""
    assert OLD / RATIO != NEW, "the rounding is there"
    expected = values(spec, NEW, ratio=1.0)
    assert values(spec, OLD, RATIO) == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


def test_close_that_repeats_over_a_split_adds_no_volume() -> None:
    obv = OBV()
    for close in (0.12, 0.15):
        obv.update(flat_bar(close)._replace(volume=10.0))
    obv.split(RATIO)
    assert obv.preview(flat_bar(NEW)._replace(volume=50.0)) == obv.update(flat_bar(NEW)) == 30.0


def test_price_that_stands_still_over_a_split_is_neither_strong_nor_weak_in_the_fold() -> None:
    before = [quote(OPEN + 60 * minute, OLD, size=10.0) for minute in range(30)]
    after = [quote(OPEN + 1_860 + 60 * minute, NEW, size=30.0) for minute in range(30)]
    records: list[Record] = [*before, split(OPEN + 1_830, RATIO), *after, mark(OPEN + 7_200)]
    events = folded(Engine(EngineSettings()), records)
    assert len(bars_of(events, "1m")) == 60
    rows = [event.closed.indicators for event in events if event.closed.bar.interval == "1m"]
    assert {row.rsi for row in rows} == {None, 50.0}
    assert {row.obv for row in rows} == {0.0}
    assert {row.stochastic_k for row in rows} == {None, 50.0}


def test_sum_of_binary_fractions_is_the_price_that_it_stands_for(tmp_path: Path) -> None:
    """Reported to pandas-ta (#671). Another program writes 301.04 as it has calculated it."""
    closes = [301.04 if minute % 2 else 301.03999999999996 for minute in range(40)]
    assert len(set(closes)) == 2
    rows = [
        f"A,{OPEN + 60 * minute},{close!r},{close!r},{close!r},{close!r},10"
        for minute, close in enumerate(closes)
    ]
    printed = bars(file_of(tmp_path, BARS, *rows), "1m")
    assert {row["obv"] for row in printed} == {"0.0"}
    assert {row["rsi"] for row in printed} == {"", "50.0"}


def test_smallest_step_of_a_large_price_is_a_change() -> None:
    """Eight decimals at 65,000 dollars."""
    obv = OBV()
    for close in (65_000.12345678, 65_000.12345679, 65_000.12345678):
        obv.update(flat_bar(close)._replace(volume=10.0))
    assert obv.update(flat_bar(65_000.12345679)) == 1.0
