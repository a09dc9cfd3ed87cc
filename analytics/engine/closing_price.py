"""The closing price of a session, which sources tell a moment after its end, belongs to its last minute. Pure.

New York's closing auctions are held at 16:00 and told as trades of the regular session at 16:00:00 to 16:00:02. By its
time alone such a price would be one of after-hours trading, and each day would lack its official close and the volume
of the auction.
"""

from math import nextafter
from typing import NamedTuple

from analytics.engine.bars import MINUTE, OpenBar, slot_of
from analytics.engine.symbol_state import SymbolState
from shared.calendars.calendars import SessionCalendar

REGULAR = "regular"


class PlaceInBars(NamedTuple):
    """Where a quote enters bars: the time that it counts at and the beginning of its minute, both in epoch seconds, and
    the bar of that minute where there is one."""

    at: float
    start: int
    bar: OpenBar | None


def counted_at(time: float, state: SymbolState, closed_until: int) -> PlaceInBars:
    """Where a price of the regular session enters bars that was told outside of it, as `time` says.

    Where that is within a minute after the end it counts at the last moment, unless the last minute is closed: of the
    symbol, or of all where they are closed until `closed_until`.
    """
    start = int(time) // MINUTE * MINUTE
    is_open = state.closed_until < start and closed_until < start
    if is_open and _ends_a_day(start, state.calendar):
        time, start = nextafter(start, 0.0), start - MINUTE
    return PlaceInBars(time, start, state.minutes.get(start))


def _ends_a_day(second: int, calendar: SessionCalendar) -> bool:
    """Whether a day ends just then, and no other one begins."""
    return slot_of("1d", second, calendar) is None and slot_of("1d", second - 1, calendar) is not None
