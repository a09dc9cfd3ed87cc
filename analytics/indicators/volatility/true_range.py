"""The true range of a bar. Pure."""

from shared.market.records import Bar


def true_range(bar: Bar, previous: float) -> float:
    """The length of the bar with the gap before it, in units of price; `previous` is the close before the bar.

    The largest of high - low, |high - previous close| and |low - previous close| (Wilder, New Concepts in Technical
    Trading Systems, 1978).
    """
    high, low = bar.high, bar.low
    return (high if high > previous else previous) - (low if low < previous else previous)
