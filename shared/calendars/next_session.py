"""The next opening of an exchange, by its calendar. Pure; times are in epoch seconds UTC."""

from shared.calendars.calendars import SessionCalendar


def next_session(calendar: SessionCalendar, second: int) -> int:
    """The start of the first regular session after `second`; during or after a session, that of a later day."""
    day = calendar.at(second)
    if day.day_start > second:
        return day.day_start
    following = calendar.at(day.day_end).day_start
    # In post-market hours a calendar still returns the bounds of the session that has ended.
    return following if following > day.day_start else calendar.next_change(day.day_end)
