"""Assigns the closing price of a session, which sources report shortly after its end, to its last minute. Pure.

New York's closing auctions are held at 16:00 and reported as trades of the regular session from 16:00:00 to 16:00:02.
By time alone such a trade would belong to after-hours trading, and each day would lack its official close and the
volume of the auction.
"""

from math import nextafter
from typing import NamedTuple

from analytics.engine.bars import MINUTE, OpenBar, slot_of
from analytics.engine.symbol_state import SymbolState
from shared.calendars.calendars import SessionCalendar


class PlaceInBars(NamedTuple):
    """Where a quote enters bars: the time it counts at and the start of its minute, both in epoch seconds, and the open
    bar of that minute if there is one."""

    at: float
    start: int
    bar: OpenBar | None


def counted_at(time: float, state: SymbolState, closed_until: int) -> PlaceInBars:
    """Where a trade of the regular session enters bars if its `time` is outside the session.

    Within a minute after the end of the session, it counts at the session's last moment, unless the last minute is
    closed, for the symbol or for all symbols (`closed_until`).
    """
    start = int(time) // MINUTE * MINUTE
    is_open = state.closed_until < start and closed_until < start
    if is_open and _ends_a_day(start, state.calendar):
        time, start = nextafter(start, 0.0), start - MINUTE
    return PlaceInBars(time, start, state.open.minute(start))


def _ends_a_day(second: int, calendar: SessionCalendar) -> bool:
    """Whether a session ends at this second and no other one starts."""
    return slot_of("1d", second, calendar) is None and slot_of("1d", second - 1, calendar) is not None
