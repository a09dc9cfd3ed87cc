"""Finished daily bars of a provider's history: their start, and whether they are needed. Pure."""

from datetime import datetime

from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.calendars.special_days import special_day
from shared.market.records import RecordedBar


def day_start(midnight: int, calendar: SessionCalendar) -> int:
    """The start of the daily bar for the day of a local midnight: when the exchange opens, in epoch seconds.

    A day without a session in the calendar starts at its midnight.
    """
    return midnight if special_day(midnight, calendar) else calendar.at(midnight).day_start


def is_wanted(bar: RecordedBar, after: datetime | None) -> bool:
    """Whether a bar of the history is needed after `after`, or in any case for None.

    A day without a session in the calendar is needed even if `after` is within it, because live quotes of such a day
    create no daily bar.
    """
    if after is None or bar.start > after:
        return True
    if bar.interval != "1d":
        return False
    day = special_day(int(bar.start.timestamp()), calendar_of(bar.exchange))
    return day is not None and day.end > after.timestamp()
