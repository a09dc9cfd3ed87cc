"""Sessions that no calendar lists yet: where its last one is over, an exchange goes on as in the year before.

Some exchanges announce their holidays only shortly before a year begins, so that their calendars end with the year
before. Until a newer one is installed, a holiday among these sessions is taken for a day of trading on which nothing
comes; a market that would be closed for ever is the worse mistake.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from statistics import mode
from typing import NamedTuple
from zoneinfo import ZoneInfo

YEARS = 10
"""So long no process runs, and no calendar stays without an update."""
YEAR = 365
LEAST = 26
"""Sessions in a year that make a day of the week a day of trading: an extra session on a Saturday makes none."""


class Session(NamedTuple):
    """The bounds of a session, and those of its break where it has one; epoch seconds."""

    opens: int
    closes: int
    break_bounds: tuple[int, int] | None = None


class WallTime(NamedTuple):
    """A time of the exchange's own clock, and how many days before or after the session's date that is."""

    days: int
    time: time


Hours = tuple[WallTime, ...]
"""When a session opens and closes, and when its break begins and ends."""


def sessions_after(known: Mapping[date, Session], zone: ZoneInfo) -> list[Session]:
    """The sessions of the years behind the last one that is known, by its date and in order of it."""
    last = max(known)
    hours = _usual_hours({day: session for day, session in known.items() if (last - day).days < YEAR}, zone)
    days = (last + timedelta(days=number) for number in range(1, YEARS * YEAR))
    return [_session(day, hours[day.weekday()], zone) for day in days if day.weekday() in hours]


def _usual_hours(year: Mapping[date, Session], zone: ZoneInfo) -> dict[int, Hours]:
    """The hours that most sessions of a day of the week had, by that day; it is none of trading where there are few."""
    by_weekday: defaultdict[int, list[Hours]] = defaultdict(list)
    for day, session in year.items():
        bounds = (session.opens, session.closes, *(session.break_bounds or ()))
        by_weekday[day.weekday()].append(tuple(_wall_time(day, second, zone) for second in bounds))
    return {weekday: mode(hours) for weekday, hours in by_weekday.items() if len(hours) >= LEAST}


def _wall_time(day: date, second: int, zone: ZoneInfo) -> WallTime:
    local = datetime.fromtimestamp(second, zone)
    return WallTime((local.date() - day).days, local.time())


def _session(day: date, hours: Sequence[WallTime], zone: ZoneInfo) -> Session:
    opens, closes, *of_break = (
        int(datetime.combine(day + timedelta(days=at.days), at.time, zone).timestamp()) for at in hours
    )
    return Session(opens, closes, (of_break[0], of_break[1]) if of_break else None)
