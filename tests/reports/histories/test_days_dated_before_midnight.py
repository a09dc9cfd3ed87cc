"""Days with a wrong time: each is read, and belongs to its own date.

Reported to yfinance: days in Brazil dated 23:00 of the day before, and midnights that come twice or never where clocks
are changed.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from producer.sources.yahoo.charts.chart import _read
from tests.inputs.chart_records import actions, bars

LATER = datetime(2026, 1, 30, tzinfo=UTC)
SAO_PAULO = ("SAO", "America/Sao_Paulo")


def body(place: tuple[str, str], days: list[str], events: dict[str, Any] | None = None) -> dict[str, Any]:
    """An answer with these days, each dated with a time of the exchange's own clock; the closes are 10, 11, 12 …"""
    exchange, zone = place
    times = [int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()) for day in days]
    closes = [10.0 + number for number in range(len(days))]
    columns = dict.fromkeys(("open", "high", "low", "close"), closes) | {"volume": [100] * len(days)}
    meta = {
        "exchangeName": exchange,
        "exchangeTimezoneName": zone,
        "currency": "BRL",
        "dataGranularity": "1d",
    }
    answer = {"meta": meta, "timestamp": times, "indicators": {"quote": [columns]}, "events": events or {}}
    return {"chart": {"result": [answer], "error": None}}


def dates(place: tuple[str, str], *days: str) -> list[tuple[str, float]]:
    """Date and close of each bar that is read."""
    read = bars(_read(body(place, list(days)), "X", "1d"), "X", "1d", LATER)
    return [(f"{bar.start.astimezone(ZoneInfo(place[1])):%Y-%m-%d}", bar.close) for bar in read]


@pytest.mark.parametrize("hour", ["22:00", "23:00"])
def test_day_dated_before_its_midnight_is_a_day_of_its_own(hour: str) -> None:
    """It was taken for the price of the moment of the day before, and left out in silence."""
    assert dates(SAO_PAULO, "2022-01-03T00:00", f"2022-01-03T{hour}", "2022-01-05T00:00") == [
        *(("2022-01-03", 10.0), ("2022-01-04", 11.0), ("2022-01-05", 12.0)),
    ]


def test_monday_dated_on_sunday_evening_is_monday() -> None:
    assert dates(SAO_PAULO, "2022-01-02T23:00", "2022-01-03T23:00") == [
        ("2022-01-03", 10.0),
        ("2022-01-04", 11.0),
    ]


@pytest.mark.parametrize("time", ["10:00", "17:55:30", "22:00:01", "23:30"])
def test_price_of_the_moment_is_no_day_of_its_own(time: str) -> None:
    """The last trade comes as another bar of its day, at the time it was made."""
    assert dates(SAO_PAULO, "2022-01-03T00:00", f"2022-01-03T{time}") == [("2022-01-03", 10.0)]


def test_dividend_and_split_belong_to_their_own_day() -> None:
    ex_date = int(datetime(2022, 1, 3, 23, tzinfo=ZoneInfo(SAO_PAULO[1])).timestamp())
    events = {
        "dividends": {"1": {"date": ex_date, "amount": 0.5}},
        "splits": {"1": {"date": ex_date, "numerator": 11.0, "denominator": 10.0}},
    }
    chart = _read(body(SAO_PAULO, ["2022-01-03T00:00", "2022-01-04T00:00"], events), "X", "1d")
    dated = {
        (each.action, f"{each.time.astimezone(chart.zone):%Y-%m-%d %H:%M}")
        for each in actions(chart, "X", None, LATER)
    }
    assert dated == {("dividend", "2022-01-04 00:00"), ("split", "2022-01-04 00:00")}


@pytest.mark.parametrize(
    ("place", "day"),
    [
        (("TLV", "Asia/Jerusalem"), "2002-10-07T00:00"),
        (("TLV", "Asia/Jerusalem"), "2002-10-07T00:00+fold"),
        (("XYZ", "Asia/Tehran"), "2022-03-22T00:00"),
        (("XYZ", "Asia/Beirut"), "2022-03-28T00:00"),
    ],
)
def test_midnight_that_comes_twice_or_never_is_one_day(place: tuple[str, str], day: str) -> None:
    moment, _, fold = day.partition("+")
    answer = body(place, [moment])
    if fold:
        answer["chart"]["result"][0]["timestamp"][0] += 3600
    (bar,) = bars(_read(answer, "X", "1d"), "X", "1d", LATER)
    assert f"{bar.start.astimezone(ZoneInfo(place[1])):%Y-%m-%d}" == moment[:10]
