"""The time that bars of several symbols have in common: of a daily bar the date of its exchange."""

from datetime import UTC, date, datetime

import exchange_calendars
import pytest

from analytics.cross_section.closes import bar_time, earliest_start, earliest_time
from shared.calendars.calendars import calendar_of

CALENDARS = ("XNYS", "XLON", "XTKS", "XHKG", "XASX", "XNZE", "XBOM", "BVMF", "CMES", "IEPA")
HOUR = 3600


@pytest.mark.parametrize("code", CALENDARS)
def test_session_counts_for_its_date_wherever_it_is_held(code: str) -> None:
    """Scenario: futures begin on the evening before, so that their days were compared with those of shares a day off.
    New Zealand's mornings are in the date before in UTC, and its half days end in it."""
    calendar = exchange_calendars.get_calendar(code, start="2018-01-01", end="2025-12-31")
    for session, opens, closes in zip(calendar.sessions, calendar.opens, calendar.closes, strict=True):
        start, end = int(opens.timestamp()), int(closes.timestamp())
        time = bar_time("1d", start, end)
        assert datetime.fromtimestamp(time, UTC).date() == session.date()
        assert earliest_time("1d", start) <= time
        assert earliest_start("1d", time) <= start


@pytest.mark.parametrize("exchange", ["24/7", "CCY", "SIMULATED", "X@Pacific/Auckland", "X@Pacific/Honolulu"])
@pytest.mark.parametrize("day", [date(2024, 1, 9), date(2024, 7, 9)])
def test_whole_day_counts_for_its_local_date(exchange: str, day: date) -> None:
    calendar = calendar_of(exchange)
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone).timestamp())
    session = calendar.at(noon)
    assert datetime.fromtimestamp(bar_time("1d", session.day_start, session.day_end), UTC).date() == day


def test_intraday_bar_counts_for_its_start() -> None:
    assert (
        bar_time("1h", 5 * HOUR, 6 * HOUR)
        == earliest_time("1h", 5 * HOUR)
        == earliest_start("1h", 5 * HOUR)
        == 5 * HOUR
    )
