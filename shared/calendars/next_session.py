"""When an exchange opens next, by its calendar. Pure; times are epoch seconds UTC."""

from shared.calendars.calendars import SessionCalendar


def next_session(calendar: SessionCalendar, second: int) -> int:
    """When the first regular session that begins after `second` does: amid or after a session that of another day."""
    day = calendar.at(second)
    if day.day_start > second:
        return day.day_start
    following = calendar.at(day.day_end).day_start
    # In extended hours after the close a calendar still gives the bounds of the session that is over.
    return following if following > day.day_start else calendar.turns(day.day_end)
