"""Are a symbol's numbers of now? Pure."""

from functools import lru_cache

from dashboard.read.rows import SymbolRow
from shared.calendars.calendars import calendar_of
from shared.calendars.local_days import local_day
from shared.calendars.next_session import next_session

MINUTE, HOUR = 60, 3600
GRACE = 900
"""Seconds that a new session may be without a quote before what is shown counts as the past's."""

OLD = 120
"""Seconds after which a last quote is of the past while newer ones wait to be read from the log."""


def past_since(row: SymbolRow, now: float, is_behind: bool = False) -> float | None:
    """When the last quote was, epoch seconds, where another session has begun since then; None where it is of now.

    While the tables lag so far behind the log that there may be newer quotes, `is_behind`, a few minutes are enough.
    """
    if row.price is None or row.event_time is None:
        return None
    if is_behind and now >= row.event_time + OLD:
        return row.event_time
    following = _next_session(row.exchange, int(row.event_time) // MINUTE)
    return row.event_time if now >= following + GRACE else None


@lru_cache(maxsize=4096)
def _next_session(exchange: str | None, minute: int) -> int:
    """When the regular session after a minute's begins, epoch seconds: for one before a session it is that one."""
    return next_session(calendar_of(exchange), minute * MINUTE)


@lru_cache(maxsize=4096)
def day_began(exchange: str | None, hour: int) -> int:
    """When the day of an hour began at its exchange, epoch seconds; `hour` counts from 1970."""
    return local_day(hour * HOUR, calendar_of(exchange).zone).start
