"""Sessions beyond the end of a calendar, extrapolated from its last year.

Some exchanges announce their holidays only shortly before a year begins, so their calendars end with the current year.
Until a newer calendar is installed, a holiday after its end counts as a trading day without quotes; a market that is
closed forever would be the worse error.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import mode
from typing import NamedTuple
from zoneinfo import ZoneInfo

YEARS = 10
"""Longer than any process runs and any calendar stays without an update."""
YEAR = 365
MIN_SESSIONS = 26
"""Minimum number of sessions per year that makes a weekday a trading day; single Saturday sessions don't."""


class Session(NamedTuple):
    """The bounds of a session, and of its break if it has one, in epoch seconds."""

    opens: int
    closes: int
    break_bounds: tuple[int, int] | None = None


class WallTime(NamedTuple):
    """A local time of the exchange, and its offset in days from the session's date."""

    days: int
    time: time


Hours = tuple[WallTime, ...]
"""Opening and closing time of a session, and start and end of its break."""


def sessions_after(known: Mapping[date, Session], zone: ZoneInfo) -> list[Session]:
    """The sessions of the years after the last known one, in order of date."""
    last = max(known)
    hours = _usual_hours({day: session for day, session in known.items() if (last - day).days < YEAR}, zone)
    days = (last + timedelta(days=number) for number in range(1, YEARS * YEAR))
    return [_session(day, hours[day.weekday()], zone) for day in days if day.weekday() in hours]


def _usual_hours(year: Mapping[date, Session], zone: ZoneInfo) -> dict[int, Hours]:
    """The most frequent hours by weekday; weekdays with few sessions are left out."""
    by_weekday: defaultdict[int, list[Hours]] = defaultdict(list)
    for day, session in year.items():
        bounds = (session.opens, session.closes, *(session.break_bounds or ()))
        by_weekday[day.weekday()].append(tuple(_wall_time(day, second, zone) for second in bounds))
    return {weekday: mode(hours) for weekday, hours in by_weekday.items() if len(hours) >= MIN_SESSIONS}


def _wall_time(day: date, second: int, zone: ZoneInfo) -> WallTime:
    local = datetime.fromtimestamp(second, zone)
    return WallTime((local.date() - day).days, local.time())


def _session(day: date, hours: Sequence[WallTime], zone: ZoneInfo) -> Session:
    opens, closes, *of_break = (
        int(datetime.combine(day + timedelta(days=at.days), at.time, zone).timestamp()) for at in hours
    )
    return Session(opens, closes, (of_break[0], of_break[1]) if of_break else None)
