"""Impossible charts of Yahoo: which records result, and that all errors are errors of a source."""

import msgspec
import pytest

from producer.sources.yahoo.charts.chart_types import Chart
from shared.errors import SourceDown
from tests.inputs.chart_records import actions, bars
from tests.unit.yahoo_standin import NOW

YESTERDAY = 1_720_531_800
LAST_SECOND = 253_402_300_799
SPLIT = {"date": int(NOW.timestamp()), "numerator": 4, "denominator": 1}


def chart(
    split: dict[str, float], zone: str = "Asia/Tokyo", price: float = 10.0, volume: float = 100.0
) -> Chart:
    """One day, and a split."""
    prices = {key: [price] for key in ("open", "high", "low", "close")}
    raw = {
        "meta": {"exchangeTimezoneName": zone, "exchangeName": "JPX"},
        "timestamp": [YESTERDAY],
        "indicators": {"quote": [{**prices, "volume": [volume]}]},
        "events": {"splits": {"1": SPLIT | split}},
    }
    return msgspec.convert(raw, Chart)


def test_prices_and_volume_before_a_split_are_as_traded() -> None:
    (bar,) = bars(chart({}), "X", "1d", NOW)
    assert (bar.close, bar.volume) == (40.0, 25.0)


@pytest.mark.parametrize(
    "split",
    [
        {"numerator": 1e300, "denominator": 1e-300},
        {"numerator": 1e-300, "denominator": 1e300},
        {"numerator": 0},
        {"denominator": 0},
        {"numerator": -4},
    ],
)
def test_split_that_cannot_be_true_changes_no_price(split: dict[str, float]) -> None:
    strange = chart(split)
    (bar,) = bars(strange, "X", "1d", NOW)
    assert (bar.close, list(actions(strange, "X", None, NOW))) == (10.0, [])


@pytest.mark.parametrize(("price", "volume"), [(1e300, 1.0), (-1.0, 1.0), (0.0, 1.0)])
def test_bar_that_cannot_be_true_is_left_out(price: float, volume: float) -> None:
    assert list(bars(chart({}, price=price, volume=volume), "X", "1d", NOW)) == []


@pytest.mark.parametrize("zone", ["", "America", "no/such", "x" * 3000])
def test_time_zone_that_there_is_not_is_an_error_of_the_source(zone: str) -> None:
    with pytest.raises(SourceDown, match="time zone"):
        list(bars(chart({}, zone), "X", "1d", NOW))


def test_time_that_is_no_date_everywhere_is_refused_with_the_chart() -> None:
    with pytest.raises(msgspec.ValidationError):
        chart({"date": LAST_SECOND})
