"""Trading hours of currencies: from Sunday 17:00 to Friday 17:00 in New York, except on two holidays. Pure.

The trading day changes at 17:00 in New York. So the closed days of Christmas and New Year begin on the evening before.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.calendars.local_days import SATURDAY

NEW_YORK = ZoneInfo("America/New_York")
DAY_CHANGE = time(17)
HOLIDAYS = ((12, 25), (1, 1))
"""Month and day."""


def are_open(second: int) -> bool:
    """Whether currencies are traded at `second`, in epoch seconds."""
    day = _trading_day(second)
    return day.weekday() < SATURDAY and (day.month, day.day) not in HOLIDAYS


def next_change(second: int) -> int:
    """The next opening or closing time after `second`."""
    was_open, change = are_open(second), second
    while are_open(change) == was_open:
        change = int(datetime.combine(_trading_day(change), DAY_CHANGE, NEW_YORK).timestamp())
    return change


def _trading_day(second: int) -> date:
    now = datetime.fromtimestamp(second, NEW_YORK)
    return now.date() + timedelta(days=now.time() >= DAY_CHANGE)
