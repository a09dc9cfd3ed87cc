"""The rows that all kinds of recorded files provide, with their order in time.

A row is (order, number of its file, line, make). Rows of all files are merged by their first three fields;
`make(position)` then creates the record, because the position is known only after the merge.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from shared.calendars.calendars import calendar_of
from shared.calendars.special_days import special_day
from shared.market.records import INTERVAL_SECONDS, Record, RecordedInterval

SOURCE = "replay"
ORDERS_A_SECOND = 2_000_000
LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""All recorded times are earlier, so that the final time mark and the local day in any zone are valid times."""
ORDER_LIMIT = ORDERS_A_SECOND * int(LATEST.timestamp())

Row = tuple[int, int, int, Callable[[int], Record]]


def quote_order(microsecond: int) -> int:
    """The order of a quote with this event time in epoch microseconds: after the bars that end at that time."""
    return 2 * microsecond + 1


def bar_order(end: int) -> int:
    """The order of a bar that ends at `end`, in epoch seconds: a bar is known only when it has ended."""
    return ORDERS_A_SECOND * end


def is_quote(order: int) -> bool:
    """Whether this is the order of a quote rather than a bar."""
    return order % 2 == 1


def bar_end(interval: RecordedInterval, start: int, exchange: str | None) -> int:
    """The end of a bar that starts at `start`, both in epoch seconds.

    Raises ValueError if no bar can start there: daily bars start with the exchange's regular session, others at
    multiples of their length in UTC. On a special day without a known session, a daily bar is the whole local day.
    """
    if interval == "1d":
        calendar = calendar_of(exchange)
        if (special := special_day(start, calendar)) is not None:
            return special.end
        day = calendar.at(start)
        if start != day.day_start:
            raise ValueError("a bar of 1d starts when the regular session opens")
        return day.day_end
    if start % INTERVAL_SECONDS[interval]:
        raise ValueError(f"a bar of {interval} starts at a multiple of {interval} in UTC")
    return start + INTERVAL_SECONDS[interval]
