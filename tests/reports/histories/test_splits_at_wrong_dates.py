"""Splits that a chart lists with a wrong date or with two dates, and days in other shares than the rest."""

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from producer.sources.yahoo.charts.chart_types import Chart
from shared.calendars.calendars import calendar_of
from tests.inputs.chart_records import actions, bars, doubts

ISTANBUL = ZoneInfo("Europe/Istanbul")
NOW = datetime(2026, 5, 20, tzinfo=UTC)
DAYS = tuple(
    datetime(2026, month, day, 10, tzinfo=ISTANBUL)
    for month, day in ((4, 27), (4, 28), (4, 29), (4, 30), (5, 1), (5, 4), (5, 5))
)
EX_DATE = DAYS[5]
RATIO = 7.37


def chart(
    closes: Sequence[float], splits: Sequence[tuple[datetime, float]], opens: float | None = None
) -> Chart:
    """Days with these closes; `opens` is the opening price of the ex-date."""
    prices = {name: list(closes) for name in ("open", "high", "low", "close")}
    if opens is not None:
        prices["open"][5] = prices["low"][5] = opens
    events = [{"date": int(day.timestamp()), "numerator": ratio, "denominator": 1.0} for day, ratio in splits]
    raw = {
        "meta": {"exchangeTimezoneName": "Europe/Istanbul", "exchangeName": "IST", "currency": "TRY"},
        "timestamp": [int(day.timestamp()) for day in DAYS],
        "indicators": {"quote": [prices | {"volume": [7e6] * len(DAYS)}]},
        "events": {
            "splits": {str(number): split for number, split in enumerate(events)},
            "dividends": {"1": {"date": int(DAYS[1].timestamp()), "amount": 0.1}},
        },
    }
    return msgspec.convert(raw, Chart)


def closes_of(history: Chart) -> list[float]:
    return [bar.close for bar in bars(history, "X", "1d", NOW)]


def require_doubt(history: Chart, ratio: float) -> None:
    assert doubts(history) == (
        f"prices before the split of {ratio:g} for 1 are skipped: it is unclear whether they are adjusted for it",
    )


def test_holiday_in_new_shares_before_the_ex_date_does_not_multiply_the_past() -> None:
    """Reported to yfinance. The first of May is in new shares, all days before it in old ones: they became
    7.37 times too high, because only the last bar before the ex-date was compared."""
    assert calendar_of("IST").at(int(DAYS[4].timestamp())).name == "closed"
    history = chart([15.7, 15.8, 15.6, 15.46, 2.09389, 2.0925, 2.12], [(EX_DATE, RATIO)])
    assert closes_of(history) == [2.0925, 2.12]
    require_doubt(history, RATIO)


@pytest.mark.parametrize(
    ("closes", "known"),
    [
        ([15.7, 15.8, 15.6, 2.12, 2.11, 2.0925, 2.12], [2.0925, 2.12]),
        ([15.7, 15.8, 15.6, 15.4, 15.5, 15.3, 2.12], [2.12]),
    ],
)
def test_split_with_a_wrong_date_invents_no_price(closes: list[float], known: list[float]) -> None:
    """Reported to yahooquery: splits dated one day off, of prices that were not divided."""
    history = chart(closes, [(EX_DATE, RATIO)])
    assert closes_of(history) == known
    require_doubt(history, RATIO)
    assert [act.action for act in actions(history, "X", None, NOW)] == ["split"]


@pytest.mark.parametrize(
    ("closes", "known"),
    [
        ([15.7, 2.13, 15.6, 15.4, 15.5, 2.0925, 2.12], [15.6, 15.4, 15.5, 2.0925, 2.12]),
        ([2.12, 2.12, 15.6, 15.4, 15.5, 2.0925, 2.12], [15.6, 15.4, 15.5, 2.0925, 2.12]),
        ([2.12, 15.7, 2.11, 2.1, 2.12, 2.0925, 2.12], [2.0925, 2.12]),
    ],
)
def test_split_that_is_applied_to_some_days_multiplies_none(closes: list[float], known: list[float]) -> None:
    """Reported to yfinance. CNE.L, whose prices before the split were old ones but for one day; and the opposite."""
    history = chart(closes, [(EX_DATE, RATIO)])
    assert closes_of(history) == known
    require_doubt(history, RATIO)


@pytest.mark.parametrize("closes", [[2.1] * 7, [33.6] * 4 + [8.4, 2.1, 2.1], [8.4] * 4 + [2.1, 2.1, 2.1]])
def test_split_with_two_dates_is_not_taken_back_twice(closes: list[float]) -> None:
    """Reported to yahooquery, where one split came with two dates: prices before both became 16 times too high."""
    history = chart(closes, [(DAYS[4], 4.0), (EX_DATE, 4.0)])
    assert closes_of(history) == [2.1, 2.1]
    require_doubt(history, 4.0)


def test_ex_date_without_an_opening_price_is_decided_by_the_next_day() -> None:
    """Reported to yfinance. Zeros on the day of a split made every split an applied one."""
    history = chart([15.7, 15.8, 15.6, 15.4, 15.5, 2.0925, 2.12], [(EX_DATE, RATIO)], opens=0.0)
    assert closes_of(history) == [15.7, 15.8, 15.6, 15.4, 15.5, 2.12]
    assert doubts(history) == ()


def test_jumps_of_another_size_leave_a_split_alone() -> None:
    """Reported to yfinance. GME rose 1.9 and 2.3 times within days and was split four for one a year and a half
    later: its repair found splits that never were."""
    closes = [19.2, 37.0, 86.9, 48.4, 38.7, 37.5, 38.0]
    history = chart(closes, [(EX_DATE, 4.0)])
    assert closes_of(history) == pytest.approx([4 * close for close in closes[:5]] + closes[5:])
    assert doubts(history) == ()
