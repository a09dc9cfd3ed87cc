"""The sessions of an exchange as exchange_calendars lists them, and those that are extrapolated after them."""

from datetime import date
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from shared.calendars.sessions_ahead import Session, sessions_after

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

FIRST_SESSIONS = ("1990-01-01", "1998-01-01", "2018-01-01", "2022-01-01")
"""Candidate start dates of calendars: the earliest one that exchange_calendars supports is used."""
_NO_BREAK = -(2**33)
"""A missing time of exchange_calendars is the lowest integer, so its second lies before this one."""


class ExchangeSessions(NamedTuple):
    """The name of the time zone of an exchange, and its sessions in order."""

    zone: str
    sessions: list[Session]


def sessions_of(code: str) -> ExchangeSessions:
    """The sessions of an exchange by its name in exchange_calendars. Raises ValueError if it has no such calendar."""
    calendar = _longest_calendar(code)
    zone = str(calendar.tz)
    listed = _listed_sessions(calendar)
    return ExchangeSessions(zone, [*listed.values(), *sessions_after(listed, ZoneInfo(zone))])


def _longest_calendar(code: str) -> "ExchangeCalendar":
    """The calendar with the earliest start. Raises ValueError if there is none."""
    # Imported here, because coins and the simulated market need no calendar, and it takes 40 MB.
    import exchange_calendars

    for first in FIRST_SESSIONS:
        try:
            return exchange_calendars.get_calendar(code, start=first)
        except (ValueError, NotImplementedError) as error:
            reason = error
    raise ValueError(f"no calendar for {code}: {reason}") from reason


def _listed_sessions(calendar: "ExchangeCalendar") -> dict[date, Session]:
    """The sessions of a calendar by date, in order."""
    nanoseconds = (
        calendar.opens_nanos,
        calendar.closes_nanos,
        calendar.break_starts_nanos,
        calendar.break_ends_nanos,
    )
    bounds = zip(*((column // 10**9).tolist() for column in nanoseconds), strict=True)
    return {
        day: Session(opens, closes, (start, end) if start > _NO_BREAK else None)
        for day, (opens, closes, start, end) in zip(calendar.sessions.date, bounds, strict=True)
    }
