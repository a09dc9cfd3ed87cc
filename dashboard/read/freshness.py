"""Decides whether a symbol's values are current. Pure."""

from functools import lru_cache

from dashboard.read.rows import SymbolRow
from shared.calendars.calendars import calendar_of
from shared.calendars.local_days import local_day
from shared.calendars.next_session import next_session

MINUTE, HOUR = 60, 3600
GRACE = 900
"""Seconds that a new session may be without a quote before the last values count as outdated."""

MAX_AGE_BEHIND = 120
"""Seconds after which a last quote is outdated while analytics is behind the log."""


def outdated_since(row: SymbolRow, now: float, is_behind: bool = False) -> float | None:
    """The time of the last quote in epoch seconds if a new session has begun since; None while it is current.

    With `is_behind`, when the log may hold newer quotes that are not in the tables yet, two minutes are enough.
    """
    if row.price is None or row.event_time is None:
        return None
    if is_behind and now >= row.event_time + MAX_AGE_BEHIND:
        return row.event_time
    following = _next_session(row.exchange, int(row.event_time) // MINUTE)
    return row.event_time if now >= following + GRACE else None


@lru_cache(maxsize=4096)
def _next_session(exchange: str | None, minute: int) -> int:
    """Start of the first regular session that begins after a minute, in epoch seconds."""
    return next_session(calendar_of(exchange), minute * MINUTE)


@lru_cache(maxsize=4096)
def day_began(exchange: str | None, hour: int) -> int:
    """Start of the exchange's day that contains an hour, epoch seconds; `hour` is hours since 1970."""
    return local_day(hour * HOUR, calendar_of(exchange).zone).start
