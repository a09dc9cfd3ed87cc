"""Prices adjusted for splits and dividends, with Apple's own: 7:1 in June 2014, 4:1 in August 2020."""

import csv
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dashboard.presenters.adjustment import adjusted, factors, marks
from dashboard.read.rows import ActionRow, ChartBar
from tests.inputs.records import NO_VALUES, with_values

NEW_YORK = ZoneInfo("America/New_York")


def midnight(day: str) -> int:
    """When a day of New York begins, such as 2014-06-09."""
    return int(datetime.fromisoformat(day).replace(tzinfo=NEW_YORK).timestamp())


def day_bar(day: str, close: float, volume: float = 1000.0) -> ChartBar:
    """A day bar with an SMA at half of its close and an RSI of 55."""
    start = midnight(day) + 34_200
    bar = ChartBar(start, start + 23_400, close, close, close, close, volume, None, 1, NO_VALUES)
    return bar._replace(indicators=with_values(NO_VALUES, sma_short=close / 2, rsi=55.0))


SEVEN_FOR_ONE = ActionRow(midnight("2014-06-09"), "split", 7.0, None)
FOUR_FOR_ONE = ActionRow(midnight("2020-08-31"), "split", 4.0, None)
DIVIDEND = ActionRow(midnight("2020-08-07"), "dividend", 0.82, 455.61)


def closes(bars: list[ChartBar], *actions: ActionRow) -> list[float]:
    """Adjusted closes, to the cent."""
    return [round(bar.close, 2) for bar in adjusted(bars, actions)]


def test_split_leaves_no_gap() -> None:
    bars = [day_bar("2014-06-06", 645.57), day_bar("2014-06-09", 93.70)]
    assert closes(bars, SEVEN_FOR_ONE) == [92.22, 93.70]


def test_two_splits_multiply() -> None:
    bars = [day_bar("2014-06-06", 645.57), day_bar("2020-08-28", 499.23), day_bar("2020-08-31", 129.04)]
    assert closes(bars, SEVEN_FOR_ONE, FOUR_FOR_ONE) == [23.06, 124.81, 129.04]
    assert closes(bars, FOUR_FOR_ONE, SEVEN_FOR_ONE) == [23.06, 124.81, 129.04]


def test_volume_grows_by_the_shares_that_a_split_made() -> None:
    before, after = adjusted([day_bar("2020-08-28", 499.23), day_bar("2020-08-31", 129.04)], [FOUR_FOR_ONE])
    assert (before.volume, after.volume) == (4000.0, 1000.0)


def test_dividend_takes_its_share_of_the_close_before_and_leaves_the_volume() -> None:
    (bar,) = adjusted([day_bar("2020-08-06", 455.61)], [DIVIDEND])
    assert bar.close == pytest.approx(454.79)
    assert bar.volume == 1000.0


def test_indicators_in_units_of_the_price_move_with_it_and_others_stay() -> None:
    (bar,) = adjusted([day_bar("2020-08-28", 500.0)], [FOUR_FOR_ONE])
    assert (bar.indicators.sma_short, bar.indicators.rsi, bar.indicators.sma_long) == (62.5, 55.0, None)


def test_bar_on_or_after_the_ex_date_stays_as_it_was_paid() -> None:
    bar = day_bar("2020-08-31", 129.04)
    assert adjusted([bar], [FOUR_FOR_ONE]) == [bar]
    assert adjusted([bar], []) == [bar]


def test_bar_that_was_open_at_a_split_ended_in_new_shares() -> None:
    bar = day_bar("2020-08-30", 100.0)
    ended = bar._replace(end=FOUR_FOR_ONE.time)
    spanning = bar._replace(end=FOUR_FOR_ONE.time + 60)
    assert closes([ended, spanning], FOUR_FOR_ONE) == [25.0, 100.0]


def test_dividend_whose_share_is_unknown_changes_nothing() -> None:
    bar = day_bar("2020-08-06", 455.61)
    unknown = DIVIDEND._replace(close_before=None)
    larger = DIVIDEND._replace(close_before=0.5)
    assert adjusted([bar], [unknown, larger]) == [bar]


def test_split_and_dividend_of_one_day_both_count() -> None:
    both = [SEVEN_FOR_ONE, DIVIDEND._replace(time=SEVEN_FOR_ONE.time)]
    (bar,) = adjusted([day_bar("2014-06-06", 700.0)], both)
    assert bar.close == pytest.approx(100.0 * (1 - 0.82 / 455.61))


def test_marks_name_the_action() -> None:
    assert [(mark["letter"], mark["text"]) for mark in marks([SEVEN_FOR_ONE, DIVIDEND])] == [
        ("S", "Split 7:1"),
        ("D", "Dividend 0.82"),
    ]


@pytest.mark.real_data
def test_factors_are_those_of_a_recorded_factor_file(real_data: Path) -> None:
    """Its rows are a day, and the cumulative factors of dividends and of splits that hold up to that day."""
    actions = [
        DIVIDEND,
        FOUR_FOR_ONE,
        ActionRow(midnight("2020-11-06"), "dividend", 0.205, 119.03),
        ActionRow(midnight("2021-02-05"), "dividend", 0.205, 137.39),
    ]
    path = real_data / "market_lean/lean/Data/equity/usa/factor_files/aapl.csv"
    with path.open() as file:
        recorded = {row[0]: float(row[1]) * float(row[2]) for row in csv.reader(file)}
    days = ("20200806", "20200828", "20201105", "20210204")
    found = [factor.price for factor in factors(actions)]
    assert found == pytest.approx([recorded[day] for day in days], rel=1e-6)
