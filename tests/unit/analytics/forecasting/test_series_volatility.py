"""The volatility of a series knows the part of the day by the calendar, and nothing of later bars."""

import json
from math import exp
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.forecasting.day_parts import day_factors, parts_ahead
from analytics.forecasting.series_volatility import SeriesVolatility
from ml.uncertainty.day_shape import CLOSING
from ml.uncertainty.volatility import BarVolatility
from shared.calendars.calendars import AlwaysOpen, calendar_of
from shared.market.records import Interval
from tests.inputs.records import second

NEW_YORK = calendar_of("XNYS")
FIVE_MINUTES, HOUR, DAY = 300, 3_600, 86_400
HALF = (3.5 / 6.5) ** 0.5
"""The factor of a half day of three and a half hours."""
OPENS, CLOSES = second("2024-01-03T14:30"), second("2024-01-03T21:00")


def test_parts_are_half_hours_from_the_start_of_the_session() -> None:
    assert parts_ahead(OPENS + FIVE_MINUTES, FIVE_MINUTES, NEW_YORK, 3) == (0, 0, 0)
    assert parts_ahead(OPENS + 1_500, FIVE_MINUTES, NEW_YORK, 3) == (0, 1, 1)


def test_parts_of_hours_are_hours() -> None:
    assert parts_ahead(OPENS + 1_800, HOUR, NEW_YORK, 3) == (0, 1, 2)


def test_after_the_closing_bar_come_the_bars_of_the_next_day() -> None:
    assert parts_ahead(CLOSES, FIVE_MINUTES, NEW_YORK, 3) == (CLOSING, 0, 0)
    assert parts_ahead(CLOSES - FIVE_MINUTES, FIVE_MINUTES, NEW_YORK, 3) == (12, CLOSING, 0)
    assert parts_ahead(CLOSES, HOUR, NEW_YORK, 3) == (CLOSING, 0, 1)


@pytest.mark.parametrize("exchange", ["NASDAQ", "LSE", "XETRA", "Tokyo", "HKSE"])
@pytest.mark.parametrize("seconds", [FIVE_MINUTES, 900, HOUR])
def test_parts_ahead_are_those_that_the_bars_will_have(exchange: str, seconds: int) -> None:
    """Bars of three days, also over the lunch break and the weekend, and with sessions that end within a bar."""
    calendar, first = calendar_of(exchange), second("2024-01-04T00:00")
    spans = range(first - first % seconds, first + 5 * DAY, seconds)
    ends = [
        start + seconds
        for start in spans
        if any(calendar.at(at).name == "regular" for at in range(start, start + seconds, 300))
    ]
    met = [parts_ahead(end, seconds, calendar, 1)[0] for end in ends]
    for place, end in enumerate(ends[:-4]):
        assert parts_ahead(end, seconds, calendar, 5) == tuple(met[place : place + 5])


def test_parts_before_and_after_the_session_are_others_than_those_within() -> None:
    within = {part for end in range(OPENS, CLOSES, 300) for part in parts_ahead(end, 300, NEW_YORK, 1)}
    early = parts_ahead(OPENS - HOUR, FIVE_MINUTES, NEW_YORK, 2)
    late = parts_ahead(CLOSES + HOUR, FIVE_MINUTES, NEW_YORK, 2)
    assert not within & {*early, *late}
    assert not {*early} & {*late}


def test_summer_time_moves_no_part() -> None:
    winter, summer = second("2024-01-03T15:30"), second("2024-07-03T14:30")
    assert parts_ahead(winter, 300, NEW_YORK, 5) == parts_ahead(summer, 300, NEW_YORK, 5)


def test_a_market_that_never_closes_has_the_hours_of_the_day() -> None:
    midnight = second("2024-01-03T00:00")
    assert parts_ahead(midnight, HOUR, AlwaysOpen(), 3) == (CLOSING, 1, 2)
    assert parts_ahead(midnight + 5 * HOUR, HOUR, AlwaysOpen(), 3) == (5, 6, 7)


def test_bars_of_a_half_day_end_with_its_close() -> None:
    half = second("2024-07-03T17:00")
    assert parts_ahead(half - FIVE_MINUTES, FIVE_MINUTES, NEW_YORK, 2) == (6, CLOSING)
    assert parts_ahead(half, FIVE_MINUTES, NEW_YORK, 2) == (CLOSING, 0)


def test_prices_move_less_far_on_a_half_day() -> None:
    assert day_factors(second("2024-07-02T20:00"), NEW_YORK, 3) == (1.0, HALF, 1.0, 1.0)
    assert day_factors(second("2024-07-03T17:00"), NEW_YORK, 1) == (HALF, 1.0)


@pytest.mark.parametrize("exchange", ["NASDAQ", "LSE", "XETRA", "Tokyo", "HKSE", "CCY", None, "nowhere"])
def test_factors_of_days_ahead_are_those_that_the_days_will_have(exchange: str | None) -> None:
    """Days of November and December, with half days, lunch breaks, weekends and holidays."""
    calendar, first = calendar_of(exchange), second("2024-11-01T00:00")
    ends = sorted({calendar.at(at).day_end for at in range(first, first + 75 * DAY, HOUR)})
    factors = [day_factors(end, calendar, 0)[0] for end in ends]
    assert all(0.5 < factor <= 1.0 for factor in factors)
    assert (min(factors) < 1.0) == (exchange in ("NASDAQ", "LSE", "XETRA", "HKSE"))
    for place, end in enumerate(ends[:-4]):
        assert day_factors(end, calendar, 4) == tuple(factors[place : place + 5])


def test_days_after_the_end_of_a_calendar_are_usual_ones() -> None:
    assert day_factors(2**39, NEW_YORK, 3) == (1.0, 1.0, 1.0, 1.0)


Step = tuple[float, int, float, float, float, float, float]


def hours(seed: int, count: int, price: float = 100.0, first: int = 0) -> list[Step]:
    """Hours of a coin: those of the afternoon move four times as far."""
    chance, found, before = Random(seed), list[Step](), price
    for number in range(first, first + count):
        size = 0.004 if 12 <= number % 24 < 18 else 0.001
        opens = before * (1 + chance.gauss(0, size / 4))
        close = opens * (1 + chance.gauss(0, size))
        high, low = max(opens, close) * (1 + size / 3), min(opens, close) * (1 - size / 3)
        end = second("2024-01-01T00:00") + HOUR * (number + 1)
        found.append((before, end, opens, high, low, close, chance.choice((0.0, 50.0, 200.0))))
        before = close
    return found


def sigmas_of(steps: list[Step], series: SeriesVolatility) -> list[list[float]]:
    found = []
    for step in steps:
        series.update(*step)
        found.append(series.sigmas())
    return found


def series_of(interval: Interval = "1h") -> SeriesVolatility:
    return SeriesVolatility(interval, 5, AlwaysOpen())


def test_intervals_know_the_hours_in_which_prices_move_far() -> None:
    found = sigmas_of(hours(1, 24 * 60), series_of())
    noon, evening = found[-24 + 11], found[-24 + 17]
    assert noon[0] > 1.8 * evening[0]
    assert noon[4] / noon[0] == pytest.approx(5**0.5, rel=0.3)


@pytest.mark.parametrize("interval", ["1m", "1d"])
def test_minutes_and_days_have_no_shape(interval: Interval) -> None:
    series = series_of(interval)
    sigmas_of(hours(1, 100), series)
    assert len(series.state()) == 1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), cut=st.integers(0, 100))
def test_a_restored_volatility_goes_on_bit_for_bit(seed: int, cut: int) -> None:
    steps, series = hours(seed, 100), series_of()
    whole = sigmas_of(steps, series_of())
    found = sigmas_of(steps[:cut], series)
    restored = series_of()
    restored.restore(json.loads(json.dumps(series.state())))
    assert [*found, *sigmas_of(steps[cut:], restored)] == whole


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), common=st.integers(1, 60))
def test_no_sigma_depends_on_later_bars(seed: int, common: int) -> None:
    past = hours(seed, common)
    one, other = (
        sigmas_of([*past, *hours(later, 40, past[-1][5], common)], series_of()) for later in (1_000, 2_000)
    )
    assert one[:common] == other[:common]
    assert one[-1] != other[-1]


def test_an_empty_state_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        series_of().restore([])


def days_until_a_half_day() -> list[Step]:
    """Days in New York up to 3 July 2024, a half day, on which move and volume are those of so short a day."""
    found, end, half_day = list[Step](), second("2024-04-09T20:00"), second("2024-07-03T17:00")
    while end <= half_day:
        move, volume = (0.01 * HALF, 100.0 * HALF * HALF) if end == half_day else (0.01, 100.0)
        before, close = (100.0, 100.0 * exp(move)) if len(found) % 2 else (100.0 * exp(move), 100.0)
        found.append((before, end, before, max(before, close), min(before, close), close, volume))
        end = NEW_YORK.at(NEW_YORK.next_change(end)).day_end
    return found


def test_the_interval_of_a_half_day_is_narrower_and_that_of_the_day_after_is_not() -> None:
    """Rises and falls take turns, so a day is compared with the one two days before it."""
    found = sigmas_of(days_until_a_half_day(), SeriesVolatility("1d", 2, NEW_YORK))
    assert found[-2][0] == pytest.approx(HALF * found[-4][0], rel=0.001)
    assert found[-1] == pytest.approx(found[-3][:1] + found[-5][1:], rel=0.001)


@pytest.mark.parametrize("cut", [57, 58, 59])
def test_restored_before_a_half_day_a_series_goes_on_bit_for_bit(cut: int) -> None:
    steps, series, restored = (
        days_until_a_half_day(),
        *(SeriesVolatility("1d", 2, NEW_YORK) for _ in range(2)),
    )
    found = sigmas_of(steps[:cut], series)
    restored.restore(json.loads(json.dumps(series.state())))
    whole = sigmas_of(steps, SeriesVolatility("1d", 2, NEW_YORK))
    assert [*found, *sigmas_of(steps[cut:], restored)] == whole


def test_days_of_other_trading_hours_are_another_state() -> None:
    keys = {
        SeriesVolatility("1d", 5, calendar_of(exchange)).key for exchange in ("NASDAQ", "NYSE", "LSE", "HKSE")
    }
    assert len(keys) == 3


def test_days_of_a_market_without_half_days_are_those_of_the_bars_alone() -> None:
    series, bars = SeriesVolatility("1d", 3, AlwaysOpen()), BarVolatility()
    for day, (before, _, open_, high, low, close, volume) in enumerate(hours(4, 60), start=19_000):
        series.update(before, DAY * day, open_, high, low, close, volume)
        bars.update(before, open_, high, low, close, volume, 1.0)
        assert series.sigmas() == bars.sigmas([1.0] * 3)
