"""What every kind of recorded file gives: rows that know their place in time.

A row is (order, number of its file, line, make). Rows of all files are merged by their first three fields;
`make(position)` then builds the record, because the position is known only after the merge.
"""

from collections.abc import Callable

from shared.calendars import calendar_of
from shared.market import INTERVAL_SECONDS, Record, RecordedInterval

SOURCE = "replay"
ORDERS_A_SECOND = 2_000_000

Row = tuple[int, int, int, Callable[[int], Record]]


def quote_order(microsecond: int) -> int:
    """The order of a quote with this event time, epoch microseconds: behind the bars that end just then."""
    return 2 * microsecond + 1


def bar_order(end: int) -> int:
    """The order of a bar that ends at `end`, epoch seconds: a bar is known when it is over, not before."""
    return ORDERS_A_SECOND * end


def is_quote(order: int) -> bool:
    """Whether this is the order of a quote, not of a bar."""
    return order % 2 == 1


def bar_end(interval: RecordedInterval, start: int, exchange: str | None) -> int:
    """Where a bar that starts at `start` ends, epoch seconds.

    Raises ValueError where no bar starts there: days start with the exchange's regular session, all others at
    multiples of their length in UTC.
    """
    if interval == "1d":
        day = calendar_of(exchange).at(start)
        if start != day.day_start:
            raise ValueError("a bar of 1d starts when the regular session opens")
        return day.day_end
    if start % INTERVAL_SECONDS[interval]:
        raise ValueError(f"a bar of {interval} starts at a multiple of {interval} in UTC")
    return start + INTERVAL_SECONDS[interval]
