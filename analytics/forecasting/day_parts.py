"""What the calendar of an exchange says about the next returns: the part of the day of each, and short days. Pure."""

from functools import lru_cache
from math import sqrt

from ml.uncertainty.day_shape import CLOSING
from shared.calendars.calendars import DAY, NEVER, SessionAt, SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Interval

PART_SECONDS = 1_800
KEPT_DAYS = 16_384
"""Days whose factors are cached: all those of two exchanges, also where histories are read symbol by symbol."""


def bars_a_part(interval: Interval) -> int:
    """Bars of an ordinary part of the day: those of half an hour, at least 1."""
    return max(1, PART_SECONDS // INTERVAL_SECONDS[interval])


@lru_cache(maxsize=1024)
def parts_ahead(end: int, seconds: int, calendar: SessionCalendar, bars: int) -> tuple[int, ...]:
    """The parts of the returns to each of the next `bars` bars, after a bar of `seconds` that ended at `end`.

    Parts are counted from the start of the regular session. The return after the bar with the session's end is CLOSING;
    it reaches to the first bar of the next session, also where a symbol trades after hours. Cached, because many
    symbols share it.
    """
    length = max(seconds, PART_SECONDS)
    found = []
    for _ in range(bars):
        session = calendar.at(end - seconds)
        closes = end - seconds < session.day_end <= end
        found.append(CLOSING if closes else (end - session.day_start) % DAY // length)
        end = _next_end(end, session.day_end if closes else None, seconds, calendar)
    return tuple(found)


def _next_end(end: int, closed_at: int | None, seconds: int, calendar: SessionCalendar) -> int:
    """The end of the next bar: over a night, a weekend or a lunch break, that of the first bar after it.

    `closed_at` is the end of the session if the bar has it, else None.
    """
    time = end if closed_at is None else max(end, closed_at)
    name = calendar.at(time).name
    goes_on = name == "regular" if closed_at is not None else name != "closed"
    opening = NEVER if goes_on else calendar.next_change(time)
    return end + seconds if opening >= NEVER else opening // seconds * seconds + seconds


@lru_cache(maxsize=KEPT_DAYS)
def day_factors(end: int, calendar: SessionCalendar, days: int) -> tuple[float, ...]:
    """How far prices move on the trading day that ended at `end`, and on each of the `days` after it, in moves of a
    usual day: the square root of the day's length in usual days, 1 at most.

    So a half day has a factor below 1, because the variance of a random walk is proportional to its time.
    `benchmarks.forecasts.coverage` prints how many closes of half days, and of the days after them, are inside the
    intervals. Cached, because many symbols share it.
    """
    found = [_factor(calendar.at(end - 1), calendar)]
    time = end
    for _ in range(days):
        session = calendar.at(time)
        if session.day_end <= time:
            session = calendar.at(calendar.next_change(time))
        found.append(_factor(session, calendar))
        time = session.day_end
    return tuple(found)


def _factor(session: SessionAt, calendar: SessionCalendar) -> float:
    """The factor of the session's day; 1 after the last day of the calendar, which has no length."""
    length = min(session.day_end - session.day_start, calendar.day_seconds)
    return sqrt(length / calendar.day_seconds) if length else 1.0
