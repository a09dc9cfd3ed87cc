"""The part of the day in which the next returns of an intraday series are, by the calendar of its exchange. Pure."""

from functools import lru_cache

from ml.uncertainty.day_shape import CLOSING
from shared.calendars.calendars import SessionCalendar
from shared.market.records import INTERVAL_SECONDS, Interval

DAY = 86_400
PART_SECONDS = 1_800


def bars_a_part(interval: Interval) -> int:
    """Bars of an ordinary part of the day: those of half an hour, at least 1."""
    return max(1, PART_SECONDS // INTERVAL_SECONDS[interval])


@lru_cache(maxsize=1024)
def parts_ahead(end: int, seconds: int, calendar: SessionCalendar, bars: int) -> tuple[int, ...]:
    """The parts of the returns to each of the next `bars` bars, after a bar of `seconds` that ended at `end`.

    Parts are counted from the start of the regular session. After the bar with the session's end comes the return to
    the next day's first bar, or to the first bar after hours, whichever the symbol has. Cached, because many symbols
    share it.
    """
    session = calendar.at(end - seconds)
    length, is_before_the_end = max(seconds, PART_SECONDS), end <= session.day_end
    found = []
    for time in range(end, end + bars * seconds, seconds):
        if time - seconds < session.day_end <= time:
            found.append(CLOSING)
            continue
        is_next_day = is_before_the_end and time > session.day_end
        # Bars of the next day follow the closing bar without the hours between them.
        start = session.day_end if is_next_day else session.day_start
        found.append((time - start) % DAY // length)
    return tuple(found)
