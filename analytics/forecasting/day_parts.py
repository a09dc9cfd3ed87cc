"""The part of the day in which the next returns of an intraday series are, by the calendar of its exchange. Pure."""

from functools import lru_cache

from ml.uncertainty.day_shape import CLOSING
from shared.calendars.calendars import NEVER, SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Interval

DAY = 86_400
PART_SECONDS = 1_800


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
