"""Calendars that end: exchange_calendars lists the holidays of some exchanges only until the end of a year.

Reported to exchange_calendars for Shanghai (until 2025), Mumbai (until 2023) and Singapore (until 2021), and for all
calendars (until a year after they were made).
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import exchange_calendars
import pytest

from producer.sources.yahoo.charts.chart_types import Chart, ChartIndicators, Columns, Meta
from shared.calendars.calendars import NEVER, SessionAt, calendar_of
from shared.calendars.next_session import next_session
from shared.market.exchanges import calendar_name
from tests.inputs.chart_records import bars
from tests.inputs.records import second

SOON_AT_AN_END = ["SHH", "NSI", "SES"]
"""Yahoo's codes of exchanges whose holidays are listed by hand, year by year."""


def last_listed(exchange: str) -> datetime:
    """The end of the last session that is listed."""
    calendar = exchange_calendars.get_calendar(calendar_name(exchange))
    return datetime.fromtimestamp(calendar.closes.iloc[-1].timestamp(), UTC)


def first_monday(after: datetime) -> datetime:
    """The midnight that begins the first Monday at least a week after it, so that no holiday is near."""
    day = (after + timedelta(days=7)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=-day.weekday() % 7)


def sessions_in_week(exchange: str, monday: datetime) -> list[tuple[str, str]]:
    """Opening and close of the sessions of that week, on the exchange's own clock."""
    calendar = calendar_of(exchange)
    found, moment = [], int(monday.timestamp())
    while (session := calendar.at(moment)).day_start < monday.timestamp() + 7 * 86_400:
        bounds = (datetime.fromtimestamp(bound, calendar.zone) for bound in session[1:])
        found.append(tuple(f"{bound:%a %H:%M}" for bound in bounds))
        moment = next_session(calendar, session.day_start)
    return found  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("exchange", "opens", "closes"),
    [
        ("SHH", "09:30", "15:00"),
        ("NSI", "09:15", "15:30"),
        ("SES", "09:00", "17:00"),
        ("NMS", "09:30", "16:00"),
    ],
)
def test_market_opens_after_the_last_session_that_is_listed(exchange: str, opens: str, closes: str) -> None:
    weekdays = ("Mon", "Tue", "Wed", "Thu", "Fri")
    week = sessions_in_week(exchange, first_monday(last_listed(exchange)))
    assert week == [(f"{day} {opens}", f"{day} {closes}") for day in weekdays]


def test_session_that_begins_on_the_evening_before_does_so_after_the_last_listed_one_too() -> None:
    week = sessions_in_week("NYM", first_monday(last_listed("NYM")))
    assert week[1:3] == [("Mon 17:00", "Tue 17:00"), ("Tue 17:00", "Wed 17:00")]


def test_lunch_break_and_days_of_rest_stay_as_they_were() -> None:
    monday = first_monday(last_listed("SHH")).replace(tzinfo=ZoneInfo("Asia/Shanghai"))
    calendar = calendar_of("SHH")
    names = [
        calendar.at(int((monday + timedelta(days=days, hours=hours)).timestamp())).name
        for days, hours in ((0, 10), (0, 12), (0, 14), (5, 10), (6, 10))
    ]
    assert names == ["regular", "closed", "regular", "closed", "closed"]
    sunday = calendar_of("SAU").at(int(first_monday(last_listed("SAU")).timestamp()) - 86_400 + 9 * 3600)
    assert sunday.name == "regular", "in Riyadh the week begins on Sunday"


def test_clocks_that_change_move_the_sessions_of_years_ahead() -> None:
    summer, winter = (calendar_of("NMS").at(second(f"2035-{month}T16:00")) for month in ("07-11", "01-10"))
    assert [one.day_start % 86_400 // 60 for one in (summer, winter)] == [13 * 60 + 30, 14 * 60 + 30]


@pytest.mark.parametrize("exchange", SOON_AT_AN_END)
def test_next_opening_of_a_closed_market_is_in_the_future(exchange: str) -> None:
    """The opening that the page and the terminal show for a closed market."""
    end = int(last_listed(exchange).timestamp())
    session, change = calendar_of(exchange).at(end), calendar_of(exchange).next_change(end)
    assert session == SessionAt("closed", session.day_start, session.day_end)
    assert end < change == session.day_start < end + 7 * 86_400 < NEVER


@pytest.mark.parametrize(
    ("exchange", "zone"), [("SHH", "Asia/Shanghai"), ("NSI", "Asia/Kolkata"), ("SES", "Asia/Singapore")]
)
def test_history_after_the_last_session_is_read(exchange: str, zone: str) -> None:
    """Every symbol of such an exchange would have lost its history at the turn of the year: "year 36812 is out of
    range"."""
    monday = first_monday(last_listed(exchange)).replace(tzinfo=ZoneInfo(zone))
    times = [int((monday + timedelta(days=days)).timestamp()) for days in range(5)]
    prices = Columns([10.0] * 5, [10.0] * 5, [10.0] * 5, [10.0] * 5, [100.0] * 5)
    chart = Chart(Meta(zone, exchange, "USD"), ChartIndicators([prices]), times)
    starts = [bar.start for bar in bars(chart, "X", "1d", (monday + timedelta(days=8)).astimezone(UTC))]
    calendar = calendar_of(exchange)
    assert [calendar.at(int(start.timestamp())).day_start for start in starts] == [
        int(start.timestamp()) for start in starts
    ]
    assert len(starts) == 5


def test_after_hours_of_a_half_day_end_four_hours_after_its_close() -> None:
    """Reported to pandas_market_calendars: extended trading until 17:00 on 24 December 2019."""
    calendar = calendar_of("NYQ")
    names = [calendar.at(second(f"2019-12-24T{time}")).name for time in ("17:59", "18:00", "21:59", "22:00")]
    assert names == ["regular", "post", "post", "closed"]
    names = [calendar.at(second(f"2019-12-23T{time}")).name for time in ("21:00", "22:00")]
    assert names == ["post", "post"]
    assert calendar.at(second("2019-12-24T00:59")).name == "post"
    assert calendar.at(second("2019-12-24T01:00")).name == "closed"
