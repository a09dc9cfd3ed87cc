"""Minutes of trading for a log that is filled by hand."""

from msgspec.structs import replace

from shared.market.records import Record
from tests.inputs.records import mark, quote, recorded_bar

OPEN = 1_704_294_000
"""2024-01-03 15:00 UTC: ten o'clock in New York."""


def trading(first: int, count: int, shares: float = 1.0) -> list[Record]:
    """Four quotes a minute, a recorded minute of another symbol, and the mark after it. `shares` are those that one of
    the first symbol has become."""
    records: list[Record] = []
    for minute in range(first, first + count):
        start = OPEN + 60 * minute
        prices = [(100 + (minute * 7919 + part * 31) % 101 / 10) / shares for part in range(4)]
        records += [
            replace(
                quote(start + 15 * part, price, size=part + 0.1, position=minute),
                bid=99.0,
                ask=99.0 + part / 8,
            )
            for part, price in enumerate(prices)
        ]
        records.append(recorded_bar(start, "1m", (1.0, 3.0, 0.5, 2.0), 9.0, symbol="B"))
        records.append(mark(start + 60))
    return records
