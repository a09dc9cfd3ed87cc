"""The forecasts of the newest closes, compared with these closes."""

import pytest

from dashboard.presenters.forecasts.outcomes import ForecastOutcome, figure, outcomes
from dashboard.presenters.numbers import SIGNS, percent, plain, price
from dashboard.read.rows import ActionRow, PastForecastRow
from tests.conftest import PROJECT


def forecast_at(
    number: int, close: float, low: float | None = 99.0, high: float | None = 101.0
) -> PastForecastRow:
    """The forecast of 100 that was made when a minute closed."""
    return PastForecastRow(number * 60, number * 60 + 60, number, close, 100.0, low, high)


def test_each_close_is_shown_beside_the_forecast_of_one_bar_before() -> None:
    found = outcomes([forecast_at(1, 90.0), forecast_at(2, 100.5), forecast_at(3, 103.0, 97.0, 98.0)], ())
    assert found == [
        ForecastOutcome(120, 100.5, 100.0, 99.0, 101.0),
        ForecastOutcome(180, 103.0, 100.0, 99.0, 101.0),
    ]


def test_bar_that_did_not_follow_the_one_before_and_missing_interval_are_left_out() -> None:
    rows = [
        forecast_at(1, 90.0),
        forecast_at(3, 91.0, None, None),
        forecast_at(4, 92.0),
        forecast_at(5, 93.0),
    ]
    assert [each.start for each in outcomes(rows, ())] == [300]


def test_text_counts_the_closes_inside_and_bounds_belong_to_the_interval() -> None:
    rows = [forecast_at(1, 90.0), forecast_at(2, 99.0), forecast_at(3, 101.0), forecast_at(4, 101.01)]
    shown = figure(outcomes(rows, ()), 0.95, "xgboost")
    assert shown["text"] == "2 of the last 3 closes were inside the 95\u00a0% interval of XGBoost."
    assert shown["model"] == "xgboost"
    assert shown["columns"]["close"] == [99.0, 101.0, 101.01]


def test_without_forecasts_there_is_no_text() -> None:
    assert figure(outcomes([forecast_at(1, 90.0)], ()), 0.95, "naive")["text"] == ""


def test_split_between_two_closes_puts_both_sides_in_todays_shares() -> None:
    split = ActionRow(120, "split", 2.0, None)
    (first, second) = outcomes(
        [forecast_at(1, 100.0), forecast_at(2, 50.5), forecast_at(3, 51.0, 49.0, 52.0)], (split,)
    )
    assert (first.close, first.mean, first.low) == (50.5, 50.0, 49.5)
    assert (second.close, second.mean) == (51.0, 100.0)


@pytest.mark.parametrize(
    ("value", "decimals", "written"),
    [
        (1234567.891, 2, "1,234,567.89"),
        (1.005, 2, "1.01"),
        (-0.2, 1, "\u22120.2"),
        (-0.0001, 1, "0.0"),
        (1e-7, 8, "0.00000010"),
        (None, 2, "\u2013"),
        (float("nan"), 2, "\u2013"),
        (float("inf"), 2, "\u2013"),
    ],
)
def test_number_is_written_as_the_page_writes_it(value: float | None, decimals: int, written: str) -> None:
    assert plain(value, decimals) == written


def test_price_has_its_sign_and_percent_its_space() -> None:
    assert (price(12.5, 2, "EUR"), price(12.5, 2, "CHF"), price(12.5, 2, None)) == (
        "€12.50",
        "12.50",
        "12.50",
    )
    assert (price(None, 2, "EUR"), percent(0.948, 1), percent(None, 1)) == ("\u2013", "94.8\u00a0%", "\u2013")


def test_signs_of_currencies_are_those_of_the_page() -> None:
    script = (PROJECT / "dashboard/assets/1_format.js").read_text()
    listed = script[script.index("const SIGNS") : script.index("function currency")]
    assert all(
        f'{code}: "{sign}"' in listed.encode().decode("unicode_escape") for code, sign in SIGNS.items()
    )
    assert listed.count(": ") == len(SIGNS)
